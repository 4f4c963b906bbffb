package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.tasks.training.ImageFolder;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
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
      defaultValue = "folder",
      description =
          "What kind of data set: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, which has a"
              + " folder of pictures for each class, or train and val with such folders).")
  private DataSet dataset;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The folder with the data.")
  private Path data;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      defaultValue = "0.2",
      description =
          "The part of each class's pictures that is set aside to measure accuracy, where the"
              + " folder has no val of its own (default: ${DEFAULT-VALUE}).")
  private double validation;

  @Option(
      names = "--split-seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Which pictures are set aside (default: ${DEFAULT-VALUE}).")
  private long splitSeed;

  @Option(
      names = "--strict",
      description = "Refuse a folder with a picture that cannot be read, instead of skipping it.")
  private boolean strict;

  /** The images to learn from and to test with. */
  record Parts(ImageDataset train, ImageDataset test) {}

  DataSet dataset() {
    return dataset;
  }

  /** For people. */
  String title() {
    return dataset == DataSet.FASHION_MNIST
        ? "Fashion-MNIST (MIT licence)"
        : "pictures of " + name();
  }

  /** For models' names. */
  String name() {
    if (dataset == DataSet.FASHION_MNIST) {
      return "fashion_mnist";
    }
    String folder = String.valueOf(data.toAbsolutePath().normalize().getFileName());
    return folder.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "_");
  }

  /** Both parts. */
  Parts load(int workers) throws DataSetException {
    if (dataset == DataSet.FASHION_MNIST) {
      return new Parts(
          FashionMnist.load(data, FashionMnist.Split.TRAIN),
          FashionMnist.load(data, FashionMnist.Split.TEST));
    }
    ImageFolder.Parts parts = split();
    return new Parts(readable(parts.train(), workers), readable(parts.validation(), workers));
  }

  /** The images to test with; of a folder without parts all, or those that training sets aside. */
  ImageDataset loadTest(boolean setAside, int workers) throws DataSetException {
    if (dataset == DataSet.FASHION_MNIST) {
      return FashionMnist.load(data, FashionMnist.Split.TEST);
    }
    return readable(setAside ? split().validation() : ImageFolder.open(data), workers);
  }

  private ImageFolder.Parts split() throws DataSetException {
    if (!(validation > 0 && validation < 1)) {
      throw new ParameterException(
          spec.commandLine(), "--validation must be above 0 and below 1, not " + validation);
    }
    return ImageFolder.split(data, validation, splitSeed);
  }

  private ImageFolder readable(ImageFolder pictures, int workers) throws DataSetException {
    PrintWriter err = spec.commandLine().getErr();
    if (pictures.count() >= MANY) {
      err.printf(Locale.ROOT, "checking that %,d pictures can be read ...%n", pictures.count());
      err.flush();
    }
    ImageFolder readable =
        pictures.readable(workers, strict, problem -> err.println("skipped " + problem));
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
