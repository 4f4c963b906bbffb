package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.tasks.Clothes;
import dev.visionmamba.tasks.DenseModels;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.training.FashionScenes;
import dev.visionmamba.tasks.training.LabelledImages;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;

/**
 * Runs commands of the README in a folder of their own. They are run as they stand, but for this:
 *
 * <ul>
 *   <li>files are those of the folder, {@code tasks/pictures} that of the project;
 *   <li>Fashion-MNIST, {@code wardrobe}, {@code streets} and {@code coco} are small sets, made
 *       here;
 *   <li>trainings see a few pictures for few epochs; to segment or detect, small pictures and
 *       narrow networks; measurements run once; the memory that a restoration may take includes
 *       what this process holds from the tests before;
 *   <li>GPUs are the CPU;
 *   <li>downloads come from a {@link PublishedMirror}.
 * </ul>
 */
final class ReadmeCommands implements AutoCloseable {
  /** The project's folder: tests run in that of their module. */
  static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  private static final String FASHION = "/usr/share/datasets/fashion-mnist";
  private static final Set<String> FILE_OPTIONS =
      Set.of("--data", "--out", "--json", "--compare", "--weights", "--matrix");
  private static final Pattern FILE = Pattern.compile("(out/.*|[\\w./-]+\\.(png|jpg|pth|txt))");

  private final Path folder;
  private final PublishedMirror mirror;

  ReadmeCommands(Path folder) throws Exception {
    this.folder = folder;
    this.mirror = new PublishedMirror(folder.resolve("mirror"));
    System.setProperty(DownloadOptions.MIRROR_PROPERTY, mirror.url());
    System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "false");
    System.setProperty(DownloadOptions.CACHE_PROPERTY, folder.resolve("cache").toString());
    FashionFiles.write(folder.resolve("fashion-mnist"));
    photo(folder.resolve("photo.jpg"));
    Files.writeString(folder.resolve("notes.txt"), "boots, bags");
    wardrobe(folder.resolve("wardrobe"), 10);
    wardrobe(folder.resolve("few"), 2);
    LabelledImages garments = Clothes.bars(20, 3);
    FashionScenes scenes = FashionScenes.of(garments, 4, 1);
    SceneFiles.masks(folder.resolve("streets"), scenes, scenes.pixelClassNames());
    SceneFiles.coco(folder.resolve("coco"), "train2017", scenes);
    SceneFiles.coco(folder.resolve("coco"), "val2017", FashionScenes.of(garments, 2, 2));
    DenseModels.save(DenseModels.segmenter(), folder.resolve("narrow.safetensors"));
    Path weights = mirror.file(ModelCatalogue.published("vmamba_tiny_s1l8"));
    Files.createLink(folder.resolve(weights.getFileName()), weights);
    Files.createLink(folder.resolve("model.pth"), weights);
  }

  private static void photo(Path file) throws IOException {
    BufferedImage scene =
        ImageDecoder.decode(PROJECT.resolve("tasks/pictures/scene.png")).toBufferedImage();
    ImageIO.write(scene.getSubimage(0, 0, 96, 64), "jpg", file.toFile());
  }

  /** Moved copies of the project's pictures. */
  private static void wardrobe(Path folder, int count) throws IOException {
    Map<String, List<String>> classes =
        Map.of(
            "bags", List.of("bag"),
            "dresses", List.of("dress"),
            "shoes", List.of("ankle-boot", "sneaker"),
            "tops", List.of("pullover"),
            "trousers", List.of("trouser"));
    for (Map.Entry<String, List<String>> named : classes.entrySet()) {
      Path into = Files.createDirectories(folder.resolve(named.getKey()));
      for (int i = 0; i < count; i++) {
        String name = named.getValue().get(i % named.getValue().size());
        BufferedImage picture =
            ImageIO.read(PROJECT.resolve("tasks/pictures/" + name + ".png").toFile());
        BufferedImage moved = new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY);
        moved.getGraphics().drawImage(picture, i % 3 - 1, i / 3 - 1, null);
        ImageIO.write(moved, "png", into.resolve(i + ".png").toFile());
      }
    }
  }

  /** Runs a command and compares what it prints with what is shown. */
  void run(ReadmeBlock.Shown command) throws IOException {
    List<String> words = new ArrayList<>(List.of(command.line().split(" +")));
    if (words.get(0).equals("mvn")) {
      assertThat(Files.readString(PROJECT.resolve(".ci/run")))
          .as("what runs these tests")
          .contains(command.line());
      return;
    }
    if (words.get(0).equals("export")) { // of this process nothing can be exported to
      assertThat(words.subList(1, words.size()))
          .as("what DJL reads")
          .allMatch(word -> word.matches("PYTORCH_(LIBRARY_PATH|FLAVOR)=.+"));
      return;
    }
    String option = null;
    if (words.get(0).startsWith("VISIONMAMBA_OPTS=-D")) {
      option = words.remove(0).substring("VISIONMAMBA_OPTS=-D".length());
    }
    assertThat(words.remove(0)).as("this test knows how to run it").isEqualTo("./visionmamba");
    String[] setting = option == null ? null : option.split("=");
    String before = option == null ? null : System.setProperty(setting[0], setting[1]);
    try {
      check(command, words);
    } finally {
      if (option != null) {
        System.setProperty(setting[0], before);
      }
    }
  }

  private void check(ReadmeBlock.Shown command, List<String> words) {
    String name = words.get(0);
    String cache = System.getProperty(DownloadOptions.CACHE_PROPERTY);
    if (name.equals("models")) { // as on a machine that has fetched nothing
      System.setProperty(DownloadOptions.CACHE_PROPERTY, folder.resolve("empty").toString());
    }
    CommandLineRun run;
    try {
      run = CommandLineRun.of(arguments(words).toArray(String[]::new));
    } finally {
      System.setProperty(DownloadOptions.CACHE_PROPERTY, cache);
    }
    boolean fails =
        !command.output().isEmpty() && command.output().get(0).startsWith("visionmamba: ");
    assertThat(run.code() == 0).as("%s%n%s", command.line(), run.err()).isEqualTo(!fails);
    if (!command.output().isEmpty()) {
      List<String> printed = (fails ? run.err() : run.out()).lines().map(this::shown).toList();
      ShownOutput how =
          switch (name) {
            case "classify" ->
                words.contains("out/wardrobe") ? ShownOutput.SHAPE : ShownOutput.NEAR;
            case "detect", "segment" -> ShownOutput.NEAR;
            case "train", "evaluate", "benchmark" -> ShownOutput.SHAPE;
            default -> ShownOutput.EXACT;
          };
      if (fails) { // a progress bar may stand before it
        printed = printed.stream().dropWhile(line -> !line.startsWith("visionmamba: ")).toList();
        how = ShownOutput.EXACT;
      }
      how.check(command.output(), printed);
    }
  }

  /** A printed line with the paths that the reader knows. */
  private String shown(String line) {
    return line.replace(folder + "/", "").replace(PROJECT + "/", "");
  }

  private List<String> arguments(List<String> words) {
    List<String> arguments = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String previous = i == 0 ? "" : words.get(i - 1);
      arguments.add(argument(words.get(i), previous));
    }
    switch (words.get(0)) {
      case "train" -> shortenTraining(arguments, words);
      case "evaluate" -> {
        replace(arguments, "--limit", "20");
        replace(arguments, "--workers", "1");
        replace(arguments, "--matrix", folder.resolve("confusion.png").toString());
      }
      case "benchmark" -> {
        replace(arguments, "--runs", "1");
        replace(arguments, "--warmup", "0");
      }
      case "restore" -> {
        if (words.contains("1500MB")) {
          replace(arguments, "--memory", "8GB");
        }
      }
      default -> {}
    }
    return arguments;
  }

  private String argument(String word, String previous) {
    if (word.startsWith("tasks/")) {
      return PROJECT.resolve(word).toString();
    }
    if (word.equals(FASHION)) {
      return folder.resolve("fashion-mnist").toString();
    }
    if (word.startsWith("https://mirror.example/")) {
      return mirror.url();
    }
    if (previous.equals("--device")) {
      return "cpu";
    }
    if (word.equals("NAME")) {
      return ModelCatalogue.DEFAULT;
    }
    boolean file = FILE_OPTIONS.contains(previous) && !word.startsWith("-");
    return file
            || FILE.matcher(word).matches()
            || word.equals("OUT_DIR")
            || word.endsWith(".safetensors")
        ? folder.resolve(word).toString()
        : word;
  }

  private void shortenTraining(List<String> arguments, List<String> words) {
    replace(arguments, "--workers", "1");
    if (words.contains("wardrobe")) {
      replace(arguments, "--epochs", "6");
      replace(arguments, "--batch", "4");
      replace(arguments, "--learning-rate", "0.003");
      replace(arguments, "--patience", "0");
      return;
    }
    replace(arguments, "--epochs", "1");
    if (words.contains("fashion-mnist")) {
      replace(arguments, "--limit", "20");
      replace(arguments, "--batch", "10");
    } else {
      replace(arguments, "--limit", "2");
      replace(arguments, "--batch", "2");
      if (words.contains("masks") || words.contains("coco")) {
        replace(arguments, "--shorter-side", "64");
        replace(arguments, "--longer-side", "64");
      }
      if (words.contains("upernet_vmamba_tiny")) {
        replace(arguments, "--from", folder.resolve("narrow.safetensors").toString());
      }
      if (words.contains("coco")) {
        arguments.addAll(List.of("--set", "dims=8", "--set", "depths=1,1,1,1"));
      }
    }
  }

  private static void replace(List<String> arguments, String option, String value) {
    int at = arguments.indexOf(option);
    if (at < 0) {
      arguments.addAll(Arrays.asList(option, value));
    } else {
      arguments.set(at + 1, value);
    }
  }

  @Override
  public void close() {
    mirror.close();
  }
}
