package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.ImageRestorer;
import dev.visionmamba.tasks.RestorerOptions;
import dev.visionmamba.tasks.drawing.ComparisonPicture;
import dev.visionmamba.tasks.drawing.ComparisonPicture.Named;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.restoration.MemoryBudgetException;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import me.tongfei.progressbar.ProgressBar;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba restore}. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes pictures larger, or takes noise or the artifacts of compression off, as the model was"
          + " trained to. Alpha and 16 bits stay.",
      "A picture that cannot be read is reported, and the others are restored all the same."
    })
final class RestoreCommand implements Callable<Integer> {
  private static final Pattern SIZE =
      Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,3})?)\\s*([kmg]?)b?", Pattern.CASE_INSENSITIVE);

  @Spec private CommandSpec spec;

  @Mixin private DenseModelOption model;

  @Mixin private VerboseOption timing;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE|DIR",
      description =
          "Where the PNG goes; of several pictures, the folder, in which each is called as it was.")
  private Path out;

  @Option(
      names = "--compare",
      paramLabel = "FILE",
      description = "Write a picture that is before on the left and after on the right (PNG).")
  private Path compare;

  @Option(
      names = "--tile",
      paramLabel = "N",
      description = "The longest side of a tile in pixels (default: 512).")
  private int tile = RestorerOptions.DEFAULT.longestTile();

  @Option(
      names = "--overlap",
      paramLabel = "N",
      description = "Pixels that neighbouring tiles share at least (default: 32).")
  private int overlap = RestorerOptions.DEFAULT.overlap();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "The most memory that this program may hold, such as 1500MB or 2GB: tiles become smaller"
              + " (default: no limit).")
  private String memory;

  @Option(
      names = "--ensemble",
      description =
          "Restore in all eight turns and mirrorings and take the mean: a little better, eight"
              + " times as long.")
  private boolean ensemble;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The pictures.")
  private List<Path> images;

  @Override
  public Integer call() throws Exception {
    RestorerOptions options = options();
    boolean folder = images.size() > 1 || Files.isDirectory(out);
    if (compare != null && images.size() > 1) {
      throw wrong("--compare is for one picture, and there are " + images.size());
    }
    if (folder) {
      Files.createDirectories(out);
    }
    int failures = 0;
    timing.begin();
    try (ImageRestorer restorer = ImageRestorer.of(model.loadRestorer())) {
      timing.ended("model");
      for (Path image : images) {
        try {
          restore(restorer, image, folder ? out.resolve(pngName(image)) : out, options);
        } catch (IOException | MemoryBudgetException e) {
          failures++;
          spec.commandLine().getErr().println("visionmamba: " + said(e));
        }
        timing.ended(String.valueOf(image.getFileName()));
      }
    }
    return failures == 0 ? 0 : 1;
  }

  private static String said(Exception e) {
    return e instanceof MemoryBudgetException
        ? e.getMessage() + " (--memory, --overlap)"
        : Failures.message(e);
  }

  private RestorerOptions options() {
    try {
      return new RestorerOptions(tile, overlap, memory == null ? 0 : bytes(memory), ensemble);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          spec.commandLine(), "--tile, --overlap, --memory: " + e.getMessage(), e);
    }
  }

  /** A number of bytes, with powers of ten for k, M and G. */
  private long bytes(String text) {
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches() || Double.parseDouble(matcher.group(1)) == 0) {
      throw wrong("--memory must be a size such as 1500MB or 2GB, not " + text);
    }
    double unit =
        switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
          case "k" -> 1e3;
          case "m" -> 1e6;
          case "g" -> 1e9;
          default -> 1;
        };
    return (long) (unit * Double.parseDouble(matcher.group(1)));
  }

  private static String pngName(Path image) {
    String name = String.valueOf(image.getFileName());
    int end = name.lastIndexOf('.');
    return (end > 0 ? name.substring(0, end) : name) + ".png";
  }

  private void restore(ImageRestorer restorer, Path image, Path to, RestorerOptions options)
      throws IOException {
    DeepImage picture = DeepImage.read(image);
    long start = System.nanoTime();
    DeepImage restored;
    try (ProgressBar bar = ImageProgress.bar(pngName(image), 1, "tiles", 100)) {
      restored =
          restorer.restore(
              picture,
              options,
              (done, all) -> {
                bar.maxHint(all);
                bar.stepTo(done);
              });
    }
    restored.write(to);
    PrintWriter printed = spec.commandLine().getOut();
    printed.printf(
        Locale.ROOT,
        "%s: %dx%d pixels, %.1f s%n",
        to,
        restored.width(),
        restored.height(),
        (System.nanoTime() - start) * 1e-9);
    printed.flush();
    if (compare != null) {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(
          ComparisonPicture.split(new Named("before", picture), new Named("after", restored), 0.5),
          "png",
          png);
      AtomicFiles.write(
          compare, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
