package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.SegmentedPicture;
import dev.visionmamba.tasks.SegmenterOptions;
import dev.visionmamba.tasks.SemanticSegmenter;
import dev.visionmamba.tasks.SlidingWindow;
import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.drawing.ClassNames;
import dev.visionmamba.tasks.drawing.Palette;
import dev.visionmamba.tasks.drawing.SegmentationPicture;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba segment}. */
@Command(
    name = "segment",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what every pixel of pictures shows.",
      "A picture that cannot be read is reported, and the others are segmented all the same."
    })
final class SegmentCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DenseModelOption model;

  @Mixin private VerboseOption timing;

  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      description = "Where the segmented picture goes, a PNG; for several pictures, a folder.")
  private Path out;

  @ArgGroup private Form form = new Form();

  private static final class Form {
    @Option(
        names = "--overlay",
        description = "Draw the classes over the picture, with a legend below (the default).")
    private boolean overlay;

    @Option(
        names = "--labels",
        description =
            "Write the labels alone, one byte a pixel: a PNG whose palette has the classes'"
                + " colours.")
    private boolean labels;
  }

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write COCO results to this file, as for stuff: one RLE segment for each class that is in"
              + " a picture. A picture whose name is a number has that number; else they count"
              + " from 1.")
  private Path json;

  @Option(
      names = "--slide",
      description =
          "Slide a window over the picture at its own size, for large pictures with small things;"
              + " else the picture is resized for the network as a whole.")
  private boolean slide;

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "The window's side in pixels (default: the model's shorter input side).")
  private Integer window;

  @Option(
      names = "--stride",
      paramLabel = "M",
      description = "Pixels from one window to the next (default: two thirds of a window).")
  private Integer stride;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The pictures.")
  private List<Path> images;

  @Override
  public Integer call() throws Exception {
    requireRange();
    PictureLoop loop = PictureLoop.of(spec, images, out, json);
    timing.begin();
    SegmenterModel loaded = model.loadSegmenter();
    try (SemanticSegmenter segmenter = SemanticSegmenter.of(loaded, options(loaded))) {
      timing.ended("model");
      return loop.run(
          timing,
          (name, picture, number, drawing) -> {
            SegmentedPicture answer = segmenter.segment(picture);
            print(name, answer);
            if (drawing != null) {
              write(picture, answer, drawing);
            }
            return json == null
                ? List.of()
                : answer.toCoco(number, ClassNames.categories(answer.classes()));
          });
    }
  }

  private void requireRange() {
    String wrong = null;
    if (!slide && (window != null || stride != null)) {
      wrong = "--window and --stride are of a window that slides; give --slide too";
    } else if ((window != null && window < 1) || (stride != null && stride < 1)) {
      wrong = "--window and --stride must be at least 1";
    } else if (window != null && stride != null && stride > window) {
      wrong = "--stride must be at most --window, " + window + ", got " + stride;
    }
    if (wrong != null) {
      throw new ParameterException(spec.commandLine(), wrong);
    }
  }

  private SegmenterOptions options(SegmenterModel loaded) {
    if (!slide) {
      return SegmenterOptions.DEFAULT;
    }
    int side = window == null ? loaded.description().fit().shorterSide() : window;
    SlidingWindow sliding = SlidingWindow.over(side);
    if (stride != null) {
      if (stride > side) {
        loaded.close();
        throw new ParameterException(
            spec.commandLine(),
            "--stride must be at most the window, the model's " + side + ", got " + stride);
      }
      sliding = new SlidingWindow(side, stride, false);
    }
    return SegmenterOptions.DEFAULT.withWindow(sliding);
  }

  private void write(PixelImage picture, SegmentedPicture answer, Path drawing) throws IOException {
    Palette palette = Palette.forClasses(answer.classes());
    if (form.labels) {
      List<Integer> colours =
          IntStream.range(0, answer.classes().size())
              .mapToObj(label -> palette.colour(label).getRGB() & 0xffffff)
              .toList();
      LabelPng.write(answer.labels(), colours, drawing);
    } else {
      SegmentationPicture.write(picture, answer.labels(), answer.classes(), palette, drawing);
    }
  }

  private void print(Path name, SegmentedPicture answer) {
    PrintWriter console = spec.commandLine().getOut();
    console.printf("%s, %dx%d%n", name, answer.labels().width(), answer.labels().height());
    console.println(
        TextTable.of(
            answer.shares(),
            List.of(
                new Column()
                    .header("class")
                    .dataAlign(HorizontalAlign.LEFT)
                    .with(SegmentedPicture.Share::name),
                new Column()
                    .header("share")
                    .with(share -> String.format(Locale.ROOT, "%.1f%%", 100 * share.share())),
                new Column()
                    .header("pixels")
                    .with(share -> String.format(Locale.ROOT, "%,d", share.pixels())))));
  }
}
