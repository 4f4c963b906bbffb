package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.OnProblem;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A folder of pictures and the COCO file that tells what is in them. Pictures are read when they
 * are asked for.
 *
 * <p>What is learned from is cleaned, as mmdetection cleans it: boxes are cut off at the picture's
 * edges, and things of no area, without a part in the picture, or less than a pixel wide or high
 * are left out. Measure with {@link CocoDataset#instances}, which has everything as the file has
 * it.
 */
public final class CocoFolder implements DetectionDataset {
  private final CocoDataset annotations;
  private final Path folder;
  private final List<CocoImage> images;

  private CocoFolder(CocoDataset annotations, Path folder, List<CocoImage> images) {
    this.annotations = annotations;
    this.folder = folder;
    this.images = images;
  }

  /**
   * Looks for the pictures of a COCO file.
   *
   * @param annotations what is in the pictures
   * @param folder where the pictures are, under the names that the file gives
   * @param onMissing what is done if some are not there
   * @return those that are
   * @throws DataSetException if the folder is missing, a picture is and that is to be refused, none
   *     is there, or a name leads out of the folder
   */
  public static CocoFolder open(CocoDataset annotations, Path folder, OnProblem onMissing)
      throws DataSetException {
    if (!Files.isDirectory(folder)) {
      throw new DataSetException(
          "there is no folder " + folder + "; name the one that has the pictures", null);
    }
    List<CocoImage> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (CocoImage image : annotations.images()) {
      if (Files.isRegularFile(file(folder, image))) {
        found.add(image);
      } else {
        missing.add(image.fileName());
      }
    }
    if (found.isEmpty() || (!missing.isEmpty() && onMissing == OnProblem.REFUSE)) {
      throw new DataSetException(
          "%s has %d of the %d pictures of the annotations%s; fetch them, or name the right folder"
              .formatted(
                  folder,
                  found.size(),
                  annotations.images().size(),
                  missing.isEmpty() ? "" : " and lacks " + NameList.of(missing)),
          null);
    }
    return new CocoFolder(annotations, folder, List.copyOf(found));
  }

  private static Path file(Path folder, CocoImage image) throws DataSetException {
    try {
      Path file = folder.resolve(image.fileName()).normalize();
      if (!image.fileName().isEmpty() && file.startsWith(folder.normalize())) {
        return file;
      }
    } catch (InvalidPathException e) {
      throw new DataSetException(
          "picture " + image.id() + " has no usable file name: " + e.getMessage(), e);
    }
    throw new DataSetException(
        "picture %d is called \"%s\", which is no file in %s"
            .formatted(image.id(), image.fileName(), folder),
        null);
  }

  /**
   * The annotations, also of pictures that are missing.
   *
   * @return as the file has them
   */
  public CocoDataset annotations() {
    return annotations;
  }

  @Override
  public int count() {
    return images.size();
  }

  @Override
  public List<String> classNames() {
    return annotations.classNames();
  }

  @Override
  public DetectionExample example(int index) throws DataSetException {
    CocoImage image = images.get(index);
    Path file = file(folder, image);
    PixelImage picture;
    try {
      picture = ImageDecoder.decode(file);
    } catch (IOException e) {
      throw new DataSetException("a picture of the annotations cannot be read: " + e, e);
    }
    if (picture.width() != image.width() || picture.height() != image.height()) {
      throw new DataSetException(
          "%s has %dx%d pixels, but its annotations are for %dx%d; take both from the same data set"
              .formatted(file, picture.width(), picture.height(), image.width(), image.height()),
          null);
    }
    List<Instance> cleaned = new ArrayList<>();
    for (Instance instance : annotations.instances(image.id())) {
      Box box = instance.box().clipped(image.width(), image.height());
      if (instance.area() > 0
          && instance.box().width() >= 1
          && instance.box().height() >= 1
          && box.area() > 0) {
        cleaned.add(
            new Instance(
                instance.label(), box, instance.mask(), instance.area(), instance.crowd()));
      }
    }
    return new DetectionExample(image.id(), picture, cleaned);
  }

  @Override
  public List<Instance> truths(int index, DetectionExample example) {
    return annotations.instances(images.get(index).id());
  }

  @Override
  public long categoryId(int label) {
    return annotations.categories().get(label).id();
  }

  @Override
  public String identity() {
    CRC32 sum = new CRC32();
    for (CocoImage image : images) {
      sum.update(
          (image + " " + annotations.annotations(image.id()).size())
              .getBytes(StandardCharsets.UTF_8));
    }
    return String.format("COCO, %d pictures, %08x", count(), sum.getValue());
  }
}
