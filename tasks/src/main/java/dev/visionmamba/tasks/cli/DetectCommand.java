package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import dev.visionmamba.tasks.DetectedPicture;
import dev.visionmamba.tasks.DetectionTiling;
import dev.visionmamba.tasks.DetectorOptions;
import dev.visionmamba.tasks.InstanceSegmenter;
import dev.visionmamba.tasks.ObjectDetector;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.drawing.ClassNames;
import dev.visionmamba.tasks.drawing.DetectionPicture;
import dev.visionmamba.tasks.drawing.Palette;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.DetectorModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba detect}. */
@Command(
    name = "detect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Finds the objects in pictures: a class, a score and a box for each, and its pixels if the"
          + " model finds masks.",
      "A picture that cannot be read is reported, and the others are looked at all the same."
    })
final class DetectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DenseModelOption model;

  @Mixin private VerboseOption timing;

  @Option(
      names = "--out",
      paramLabel = "FILE|DIR",
      description =
          "Where the picture with the objects drawn on it goes, a PNG; for several pictures, a"
              + " folder.")
  private Path out;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description =
          "Write COCO results to this file: boxes, scores, and masks as RLE. A picture whose name"
              + " is a number has that number; else they count from 1.")
  private Path json;

  @Option(
      names = "--threshold",
      paramLabel = "S",
      defaultValue = "0.3",
      description = "Show objects with scores above this, 0 to 1 (default: ${DEFAULT-VALUE}).")
  private double threshold;

  @Option(
      names = "--nms",
      paramLabel = "T",
      defaultValue = "0.5",
      description =
          "Of two boxes of one class that overlap by more than this, drop the less sure; 0 to 1"
              + " (default: ${DEFAULT-VALUE}).")
  private double nms;

  @Option(
      names = "--most",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many objects a picture (default: ${DEFAULT-VALUE}).")
  private int most;

  @Option(
      names = "--tile",
      paramLabel = "N",
      description =
          "Look at large pictures in square tiles of so many pixels, too, to find small objects.")
  private Integer tile;

  @Option(
      names = "--overlap",
      paramLabel = "M",
      description = "Pixels that neighbouring tiles share (default: a quarter of a tile).")
  private Integer overlap;

  @Option(
      names = "--tiles-only",
      description =
          "With --tile: do not look at the picture as a whole, for objects beyond a tile.")
  private boolean tilesOnly;

  @Option(
      names = "--masks",
      negatable = true,
      fallbackValue = "true",
      description = "Find each object's pixels, or do not (default: if the model does).")
  private Boolean masks;

  @Option(
      names = "--batch",
      paramLabel = "B",
      defaultValue = "4",
      description = "Tiles at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The pictures.")
  private List<Path> images;

  /** What finds objects, and what is to be closed then. */
  private record Finder(Function<PixelImage, DetectedPicture> find, AutoCloseable detector)
      implements AutoCloseable {
    @Override
    public void close() throws Exception {
      detector.close();
    }
  }

  @Override
  public Integer call() throws Exception {
    DetectorOptions options = options();
    PictureLoop loop = PictureLoop.of(spec, images, out, json);
    timing.begin();
    try (Finder finder = finder(model.loadDetector(), options)) {
      timing.ended("model");
      return loop.run(
          timing,
          (name, picture, number, drawing) -> {
            DetectedPicture found = finder.find().apply(picture);
            print(name, found);
            if (drawing != null) {
              Palette palette = Palette.forClasses(found.classes());
              DetectionPicture.write(
                  picture, found.detections(), found.classes(), palette, drawing);
            }
            return found.toCoco(number, ClassNames.categories(found.classes()));
          });
    }
  }

  private DetectorOptions options() {
    require(threshold >= 0 && threshold <= 1, "--threshold must be 0 to 1, got " + threshold);
    require(nms >= 0 && nms <= 1, "--nms must be 0 to 1, got " + nms);
    require(most >= 1, "--most must be at least 1, got " + most);
    require(batch >= 1, "--batch must be at least 1, got " + batch);
    require(
        tile != null || (overlap == null && !tilesOnly),
        "--overlap and --tiles-only are of tiles; give --tile too");
    if (tile == null) {
      return new DetectorOptions(threshold, nms, most, batch, null);
    }
    require(tile >= 1, "--tile must be at least 1, got " + tile);
    int shared = overlap == null ? tile / 4 : overlap;
    require(
        shared >= 0 && shared < tile,
        "--overlap must be at least 0 and below --tile, " + tile + ", got " + shared);
    DetectionTiling tiling = DetectionTiling.of(tile, shared);
    return new DetectorOptions(
        threshold, nms, most, batch, tilesOnly ? tiling.withoutWhole() : tiling);
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), otherwise);
    }
  }

  private Finder finder(DetectorModel loaded, DetectorOptions options) {
    boolean wanted = masks == null ? loaded.network().head().findsMasks() : masks;
    try {
      if (wanted) {
        InstanceSegmenter segmenter = InstanceSegmenter.of(loaded, options);
        return new Finder(segmenter::segment, segmenter);
      }
      ObjectDetector detector = ObjectDetector.of(loaded, options);
      return new Finder(detector::detect, detector);
    } catch (IllegalArgumentException e) {
      loaded.close();
      throw e;
    }
  }

  private void print(Path name, DetectedPicture found) {
    PrintWriter console = spec.commandLine().getOut();
    int count = found.detections().size();
    console.printf(
        "%s, %dx%d: %s%n",
        name,
        found.width(),
        found.height(),
        count == 0 ? "no objects" : count == 1 ? "1 object" : count + " objects");
    if (count > 0) {
      console.println(table(found));
    }
  }

  private static String table(DetectedPicture found) {
    List<Column> columns = new ArrayList<>();
    columns.add(new Column().header("class").dataAlign(HorizontalAlign.LEFT));
    for (String header : List.of("score", "left", "top", "width", "height")) {
      columns.add(new Column().header(header));
    }
    boolean withMasks = found.detections().get(0).mask() != null;
    if (withMasks) {
      columns.add(new Column().header("pixels"));
    }
    String[][] rows =
        found.detections().stream()
            .map(
                detection -> {
                  List<String> row = new ArrayList<>();
                  row.add(found.className(detection));
                  row.add(String.format(Locale.ROOT, "%.2f", detection.score()));
                  row.addAll(box(detection));
                  if (withMasks) {
                    row.add(String.format(Locale.ROOT, "%,d", detection.mask().area()));
                  }
                  return row.toArray(new String[0]);
                })
            .toArray(String[][]::new);
    return TextTable.of(columns, rows);
  }

  private static List<String> box(Detection detection) {
    return List.of(
        pixels(detection.box().left()),
        pixels(detection.box().top()),
        pixels(detection.box().width()),
        pixels(detection.box().height()));
  }

  private static String pixels(double length) {
    return String.format(Locale.ROOT, "%.0f", length);
  }
}
