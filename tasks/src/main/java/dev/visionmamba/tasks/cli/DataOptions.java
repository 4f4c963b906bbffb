package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.DetectionDataset;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.FashionScenes;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.tasks.training.ImageFolder;
import dev.visionmamba.tasks.training.PictureFolder;
import dev.visionmamba.tasks.training.SegmentationDataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that name a data set. */
final class DataOptions {
  /** So many pictures take a while to check. */
  private static final int MANY = 1000;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--dataset",
      description = {
        "What kind of data set (default: folder, or masks to segment, coco to detect and pictures to"
            + " restore).",
        "folder: a folder of pictures for each class, or train and val with such folders;",
        "fashion-mnist: its four files;",
        "fashion-scenes: scenes that are made of Fashion-MNIST's garments, to segment or detect;",
        "masks: folders images and masks, in train and val or with such folders;",
        "coco: pictures and COCO's annotations;",
        "pictures: good pictures to restore, in train and val or without."
      })
  private DataSet dataset;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The folder with the data.")
  private Path data;

  @Option(
      names = "--scenes",
      paramLabel = "N",
      defaultValue = "40000",
      description = "Of fashion-scenes: how many to learn from (default: ${DEFAULT-VALUE}).")
  private int scenes;

  @Option(
      names = "--scene-seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Of fashion-scenes: which scenes to learn from (default: ${DEFAULT-VALUE}); those to"
              + " measure with are always the same 1,000.")
  private long sceneSeed;

  @Mixin private SplitOptions split;

  @Mixin private MaskOptions masks;

  @Mixin private CocoOptions coco;

  /** The pictures to learn from and to test with. */
  record Parts<D>(D train, D test) {}

  /** The kind of data set that was named, if one was. */
  Optional<DataSet> named() {
    return Optional.ofNullable(dataset);
  }

  /** The kind of data set from which a task is learned. */
  DataSet dataset(ModelTask task) {
    return dataset == null ? DataSet.usual(task) : dataset;
  }

  /** For people. */
  String title() {
    if (dataset == DataSet.FASHION_MNIST) {
      return "Fashion-MNIST (MIT licence)";
    }
    return dataset == DataSet.FASHION_SCENES
        ? "scenes of Fashion-MNIST's garments (MIT licence)"
        : "pictures of " + name();
  }

  /** For models' names. */
  String name() {
    if (dataset == DataSet.FASHION_MNIST || dataset == DataSet.FASHION_SCENES) {
      return dataset.toString().replace('-', '_');
    }
    String folder = String.valueOf(data.toAbsolutePath().normalize().getFileName());
    return folder.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "_");
  }

  /** Both parts of a classifier's data set. */
  Parts<ImageDataset> load(int workers) throws DataSetException {
    if (dataset == DataSet.FASHION_MNIST) {
      return new Parts<>(
          FashionMnist.load(data, FashionMnist.Split.TRAIN),
          FashionMnist.load(data, FashionMnist.Split.TEST));
    }
    ImageFolder.Parts parts = split();
    return new Parts<>(readable(parts.train(), workers), readable(parts.validation(), workers));
  }

  /** The images to test with; of a folder without parts all, or those that training sets aside. */
  ImageDataset loadTest(boolean setAside, int workers) throws DataSetException {
    if (dataset == DataSet.FASHION_MNIST) {
      return FashionMnist.load(data, FashionMnist.Split.TEST);
    }
    return readable(setAside ? split().validation() : ImageFolder.open(data), workers);
  }

  /** Both parts of a segmenter's data set. */
  Parts<SegmentationDataset> loadSegmentation() throws IOException {
    if (dataset == DataSet.FASHION_SCENES) {
      return new Parts<>(trainScenes().segmentation(), FashionScenes.test(data).segmentation());
    }
    return masks.load(data, split);
  }

  /** The pictures to test a segmenter with. */
  SegmentationDataset loadSegmentationTest(boolean setAside) throws IOException {
    return dataset == DataSet.FASHION_SCENES
        ? FashionScenes.test(data).segmentation()
        : masks.loadTest(data, split, setAside);
  }

  /** Both parts of a detector's data set. */
  Parts<DetectionDataset> loadDetection() throws IOException {
    if (dataset == DataSet.FASHION_SCENES) {
      return new Parts<>(trainScenes().detection(), FashionScenes.test(data).detection());
    }
    return coco.load(data, split, spec.commandLine().getErr());
  }

  /** The pictures to test a detector with. */
  DetectionDataset loadDetectionTest(boolean setAside) throws IOException {
    return dataset == DataSet.FASHION_SCENES
        ? FashionScenes.test(data).detection()
        : coco.loadTest(data, split, setAside, spec.commandLine().getErr());
  }

  /** Good pictures of both parts, for a restorer. */
  PictureFolder.Parts loadPictures(int colours) throws IOException {
    return PictureFolder.split(data, split.share(), split.seed(), colours);
  }

  /** Good pictures to test with; of a folder without parts all, or those that are set aside. */
  PictureFolder loadPicturesTest(boolean setAside, int colours) throws IOException {
    if (setAside || Files.isDirectory(data.resolve("val"))) {
      return setAside
          ? loadPictures(colours).validation()
          : PictureFolder.open(data.resolve("val"), colours);
    }
    return PictureFolder.open(data, colours);
  }

  private FashionScenes trainScenes() throws DataSetException {
    if (scenes < 1) {
      throw new ParameterException(
          spec.commandLine(), "--scenes must be at least 1, not " + scenes);
    }
    return FashionScenes.train(data, scenes, sceneSeed);
  }

  private ImageFolder.Parts split() throws DataSetException {
    return ImageFolder.split(data, split.share(), split.seed());
  }

  private ImageFolder readable(ImageFolder pictures, int workers) throws DataSetException {
    PrintWriter err = spec.commandLine().getErr();
    if (pictures.count() >= MANY) {
      err.printf(Locale.ROOT, "checking that %,d pictures can be read ...%n", pictures.count());
      err.flush();
    }
    ImageFolder readable =
        pictures.readable(workers, split.strict(), problem -> err.println("skipped " + problem));
    if (readable.count() < pictures.count()) {
      err.printf(
          Locale.ROOT,
          "%,d of %,d pictures cannot be read and are skipped%n",
          pictures.count() - readable.count(),
          pictures.count());
      err.flush();
    }
    return readable;
  }
}
