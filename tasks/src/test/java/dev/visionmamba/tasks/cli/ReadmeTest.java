package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * Every command and every block of code in the README is run, in the order in which they stand
 * there, and what it shows of their output is compared. A block of another kind fails.
 */
class ReadmeTest {
  private static final Path README = ReadmeCommands.PROJECT.resolve("README.md");
  private static final Pattern CLASS = Pattern.compile("public class (\\w+)");

  /**
   * How a program of the README is started.
   *
   * @param arguments files: of the project's pictures, or of the folder
   * @param printed what its output must contain
   * @param written the file that it must write, or null
   */
  private record Program(List<String> arguments, String printed, String written) {}

  private static final String PICTURES = "tasks/pictures/";
  private static final Map<String, Program> PROGRAMS =
      Map.ofEntries(
          Map.entry("WhatIsIt", new Program(List.of(PICTURES + "bag.png"), "\"Bag\"", null)),
          Map.entry("FindObjects", new Program(List.of(PICTURES + "scene.png"), "Sandal 0.", null)),
          Map.entry(
              "CutOut",
              new Program(List.of(PICTURES + "scene.png", "cut.png"), "Ankle boot: ", "cut.png")),
          Map.entry("WhichPixels", new Program(List.of(PICTURES + "scene.png"), "Sandal: ", null)),
          Map.entry(
              "CleanUp",
              new Program(
                  List.of(PICTURES + "stream-noisy.png", "clear.png"), "320x240", "clear.png")),
          Map.entry(
              "FineTune",
              new Program(List.of("few", "tuned"), "accuracy ", "tuned/model.safetensors")),
          Map.entry("Zoo", new Program(List.of("photo.jpg"), "probability", null)),
          Map.entry("Pyramids", new Program(List.of(), "channels=768, stride=32", null)),
          Map.entry("TwoMaps", new Program(List.of(), "(1, 16, 16, 16)", null)),
          Map.entry("Chessboard", new Program(List.of("chess.png"), "channels=96", "chess.png")));

  @TempDir private Path folder;

  private final Properties before = (Properties) System.getProperties().clone();
  private ReadmeCommands commands;

  @BeforeEach
  void prepare() throws Exception {
    commands = new ReadmeCommands(folder);
  }

  @AfterEach
  void restore() {
    commands.close();
    System.setProperties(before);
  }

  @TestFactory
  Stream<DynamicTest> everyBlock() throws IOException {
    return ReadmeBlock.of(Files.readAllLines(README)).stream()
        .map(
            block ->
                DynamicTest.dynamicTest(
                    "line " + block.line() + ", " + block.kind(), () -> run(block)));
  }

  private void run(ReadmeBlock block) throws Exception {
    switch (block.kind()) {
      case "", ReadmeBlock.INLINE -> {
        for (ReadmeBlock.Shown command : block.commands()) {
          commands.run(command);
        }
      }
      case "java" -> runJava(block.text());
      case "xml" -> checkCoordinates(block.text());
      default -> throw new AssertionError("this test knows no blocks of " + block.kind());
    }
  }

  private void runJava(String source) throws Exception {
    Matcher name = CLASS.matcher(source);
    assertThat(name.find()).isTrue();
    Program program = PROGRAMS.get(name.group(1));
    assertThat(program).as("this test knows how to start " + name.group(1)).isNotNull();
    Path classes = Files.createDirectories(folder.resolve("classes"));
    Path file = Files.writeString(folder.resolve(name.group(1) + ".java"), source);
    compile(file, classes);
    String[] arguments =
        program.arguments().stream()
            .map(
                word ->
                    word.startsWith(PICTURES)
                        ? ReadmeCommands.PROJECT.resolve(word)
                        : folder.resolve(word))
            .map(Path::toString)
            .toArray(String[]::new);
    PrintStream out = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      loader
          .loadClass(name.group(1))
          .getMethod("main", String[].class)
          .invoke(null, (Object) arguments);
    } finally {
      System.setOut(out);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).contains(program.printed());
    if (program.written() != null) {
      assertThat(folder.resolve(program.written())).isNotEmptyFile();
    }
  }

  private static void compile(Path file, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              "-d",
              classes.toString(),
              "--release",
              "17",
              "-proc:none");
      assertThat(
              compiler
                  .getTask(said, files, null, options, null, files.getJavaFileObjects(file))
                  .call())
          .as(said.toString())
          .isTrue();
    }
  }

  /**
   * Artifacts of this project, in this version; what is imported manages all that are published.
   */
  private static void checkCoordinates(String block) throws Exception {
    Document project = xml(Files.readString(ReadmeCommands.PROJECT.resolve("pom.xml")));
    String version = child(project.getDocumentElement(), "version");
    List<Element> dependencies = elements(xml(block), "dependency");
    assertThat(dependencies).isNotEmpty();
    for (Element dependency : dependencies) {
      assertThat(child(dependency, "groupId")).isEqualTo("dev.visionmamba");
      assertThat(child(dependency, "version")).isEqualTo(version);
      String artifact = child(dependency, "artifactId");
      assertThat(modules(project)).containsKey(artifact);
      if ("pom".equals(child(dependency, "type"))) {
        Document bom = modules(project).get(artifact);
        assertThat(child(bom.getDocumentElement(), "version")).isEqualTo(version);
        List<String> managed = new ArrayList<>();
        for (Element each : elements(bom, "dependency")) {
          assertThat(child(each, "version")).isEqualTo("${project.version}");
          managed.add(child(each, "artifactId"));
        }
        assertThat(managed).containsExactlyElementsOf(published(project));
      }
    }
  }

  /** The modules' descriptions by their artifacts' names. */
  private static Map<String, Document> modules(Document project) throws Exception {
    Map<String, Document> modules = new LinkedHashMap<>();
    for (Element module : elements(project, "module")) {
      Path file = ReadmeCommands.PROJECT.resolve(module.getTextContent()).resolve("pom.xml");
      Document document = xml(Files.readString(file));
      modules.put(child(document.getDocumentElement(), "artifactId"), document);
    }
    return modules;
  }

  /** The jars that are deployed. */
  private static List<String> published(Document project) throws Exception {
    return modules(project).entrySet().stream()
        .filter(module -> elements(module.getValue(), "maven.deploy.skip").isEmpty())
        .filter(module -> child(module.getValue().getDocumentElement(), "packaging") == null)
        .map(Map.Entry::getKey)
        .toList();
  }

  private static Document xml(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)));
  }

  private static List<Element> elements(Document document, String name) {
    NodeList nodes = document.getElementsByTagName(name);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  private static String child(Element element, String name) {
    for (var node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node.getNodeName().equals(name)) {
        return node.getTextContent().strip();
      }
    }
    return null;
  }
}
