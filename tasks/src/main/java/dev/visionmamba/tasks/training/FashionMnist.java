package dev.visionmamba.tasks.training;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of articles of clothing, 28 x 28 grey
 * pixels, ten classes (Xiao, Rasul and Vollgraf, 2017; {@code zalandoresearch/fashion-mnist}). Any
 * data set in the same four files, such as MNIST itself, is read the same way; only the class names
 * are Fashion-MNIST's.
 */
public final class FashionMnist {
  /** The classes' names by label. */
  public static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  private FashionMnist() {}

  /** The two halves of the data set. */
  public enum Split {
    /** The images to learn from. */
    TRAIN("train"),
    /** The images to measure accuracy on. */
    TEST("t10k");

    private final String prefix;

    Split(String prefix) {
      this.prefix = prefix;
    }
  }

  /**
   * Reads one split into the heap: 47 MB for the training images.
   *
   * @param directory the folder with {@code train-images-idx3-ubyte}, {@code
   *     train-labels-idx1-ubyte} and the same for {@code t10k}, each plain or compressed with
   *     {@code .gz} at the end of its name; the plain file is taken where both are there
   * @param split which images
   * @return the images (count, height, width) and their labels, 0 to 9
   * @throws DataSetException if the folder or a file is missing, is not in the IDX format, is
   *     truncated or too long, has a label above 9, or if images and labels differ in number
   */
  public static LabelledImages load(Path directory, Split split) throws DataSetException {
    if (!Files.isDirectory(directory)) {
      throw missing("there is no folder " + directory);
    }
    Path imageFile = find(directory, split.prefix + "-images-idx3-ubyte");
    Path labelFile = find(directory, split.prefix + "-labels-idx1-ubyte");
    // The labels first: they are small, so most wrong folders are found cheaply.
    IdxFile labels = IdxFile.read(labelFile, 1);
    checkLabels(labels, labelFile);
    IdxFile images = IdxFile.read(imageFile, 3);
    int count = images.dimension(0);
    if (count != labels.dimension(0)) {
      throw new DataSetException(
          String.format(
              "%s has %d images but %s has %d labels; take both from the same data set",
              imageFile, count, labelFile.getFileName(), labels.dimension(0)),
          null);
    }
    int height = images.dimension(1);
    int width = images.dimension(2);
    if (height == 0 || width == 0) {
      throw new DataSetException(
          imageFile + " has images of " + height + " x " + width + " pixels; fetch it again", null);
    }
    return new LabelledImages(height, width, images.bytes(), labels.bytes(), CLASS_NAMES);
  }

  private static Path find(Path directory, String name) throws DataSetException {
    Path plain = directory.resolve(name);
    Path compressed = directory.resolve(name + ".gz");
    if (Files.exists(plain)) {
      return plain;
    }
    if (Files.exists(compressed)) {
      return compressed;
    }
    throw missing("there is neither " + plain + " nor " + compressed.getFileName());
  }

  private static void checkLabels(IdxFile labels, Path file) throws DataSetException {
    byte[] bytes = labels.bytes();
    for (int i = 0; i < bytes.length; i++) {
      int label = bytes[i] & 0xFF;
      if (label >= CLASS_NAMES.size()) {
        throw new DataSetException(
            String.format(
                "%s has the label %d at index %d, but labels are 0 to %d; take the labels of a data"
                    + " set with ten classes",
                file, label, i, CLASS_NAMES.size() - 1),
            null);
      }
    }
  }

  private static DataSetException missing(String what) {
    return new DataSetException(
        what
            + "; install Debian's package dataset-fashion-mnist (it has the files in"
            + " /usr/share/datasets/fashion-mnist), or fetch the four files from"
            + " https://github.com/zalandoresearch/fashion-mnist",
        null);
  }
}
