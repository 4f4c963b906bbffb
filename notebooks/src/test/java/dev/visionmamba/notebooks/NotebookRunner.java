package dev.visionmamba.notebooks;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import jdk.jshell.DeclarationSnippet;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.JShellException;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import jdk.jshell.SourceCodeAnalysis.Completeness;
import jdk.jshell.SourceCodeAnalysis.CompletionInfo;

/**
 * Runs the cells of one notebook, one after the other, in the JDK's JShell, as a Java kernel does.
 * The code runs in this JVM, on this JVM's class path, so libtorch is loaded once for all
 * notebooks. Lines that begin with {@code %dependency} are left out: the class path has what they
 * name.
 */
final class NotebookRunner implements AutoCloseable {
  private static final String MAGIC = "%";
  private static final String DEPENDENCY = "%dependency ";

  private final JShell shell;

  /** A cell that does not run. */
  static final class CellException extends Exception {
    private static final long serialVersionUID = 1;

    CellException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  NotebookRunner() throws CellException {
    this.shell =
        JShell.builder().executionEngine("local").compilerOptions("-proc:none", "-nowarn").build();
    String classPath = System.getProperty("java.class.path");
    Arrays.stream(classPath.split(File.pathSeparator)).forEach(shell::addToClasspath);
    evaluate("import static " + Display.class.getName() + ".display;");
  }

  /**
   * Runs a cell.
   *
   * @param source its text
   * @return what it has printed and displayed
   * @throws CellException if a snippet of it is no Java, does not compile, throws, or names
   *     something that no snippet has defined; or if its last one is an expression with a value
   */
  List<Output> run(String source) throws CellException {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      System.setOut(out);
      evaluate(withoutMagic(source));
    } finally {
      System.setOut(before);
    }
    return Display.outputs(printed.toString(StandardCharsets.UTF_8).replace("\r\n", "\n"));
  }

  private static String withoutMagic(String source) throws CellException {
    List<String> lines = new ArrayList<>();
    for (String line : source.lines().toList()) {
      if (line.startsWith(MAGIC) && !line.startsWith(DEPENDENCY)) {
        throw new CellException("this magic is not understood here: " + line, null);
      }
      lines.add(line.startsWith(MAGIC) ? "" : line);
    }
    return String.join("\n", lines);
  }

  private void evaluate(String source) throws CellException {
    SourceCodeAnalysis analysis = shell.sourceCodeAnalysis();
    String rest = source;
    while (!rest.isBlank()) {
      CompletionInfo next = analysis.analyzeCompletion(rest);
      if (next.completeness() == Completeness.EMPTY) {
        return; // comments
      }
      if (!next.completeness().isComplete()) {
        throw new CellException(
            "%s code:%n%s"
                .formatted(next.completeness().name().toLowerCase(Locale.ROOT), rest.strip()),
            null);
      }
      boolean last = next.remaining().isBlank();
      for (SnippetEvent event : shell.eval(next.source())) {
        require(event);
        if (last && isShown(event)) {
          throw new CellException(
              "ends with a value, which a kernel shows as a result of its own:\n"
                  + event.snippet().source().strip(),
              null);
        }
      }
      rest = next.remaining();
    }
  }

  private static boolean isShown(SnippetEvent event) {
    boolean expression =
        event.snippet().kind() == Snippet.Kind.EXPRESSION
            || event.snippet().subKind() == Snippet.SubKind.TEMP_VAR_EXPRESSION_SUBKIND;
    return expression && event.value() != null && !event.value().equals("null");
  }

  private void require(SnippetEvent event) throws CellException {
    String code = event.snippet().source().strip();
    if (event.exception() != null) {
      throw new CellException(thrown(event.exception()) + "\nby\n" + code, event.exception());
    }
    if (event.causeSnippet() != null) {
      return; // an update of an earlier one
    }
    if (event.status() == Snippet.Status.REJECTED) {
      String problems =
          shell
              .diagnostics(event.snippet())
              .map(problem -> problem.getMessage(Locale.ENGLISH))
              .collect(Collectors.joining("\n"));
      throw new CellException(problems + "\nin\n" + code, null);
    }
    if (event.status() != Snippet.Status.VALID) {
      String missing =
          event.snippet() instanceof DeclarationSnippet declaration
              ? shell.unresolvedDependencies(declaration).collect(Collectors.joining(", "))
              : "";
      throw new CellException("not defined yet: " + missing + "\nin\n" + code, null);
    }
  }

  private static String thrown(JShellException exception) {
    Throwable shown = exception;
    StringBuilder text = new StringBuilder();
    while (shown != null) {
      String type =
          shown instanceof EvalException evaluation
              ? evaluation.getExceptionClassName()
              : shown.getClass().getName();
      text.append(text.isEmpty() ? "" : "\ncaused by ").append(type);
      text.append(": ").append(shown.getMessage());
      shown = shown.getCause();
    }
    return text.toString();
  }

  @Override
  public void close() {
    shell.close();
  }
}
