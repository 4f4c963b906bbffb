package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * A folder of pictures and a folder of masks, a PNG for each picture under the same name but for
 * the ending: {@code images/a/b.jpg} and {@code masks/a/b.png}. Both are read when they are asked
 * for.
 */
public final class SegmentationFolder implements SegmentationDataset {
  private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "bmp", "gif");

  private final Path masks;
  private final MaskCoding coding;
  private final List<Path> files;
  private final List<String> names;

  private SegmentationFolder(Path masks, MaskCoding coding, List<Path> files, List<String> names) {
    this.masks = masks;
    this.coding = coding;
    this.files = files;
    this.names = names;
  }

  /**
   * Lists the pictures of a folder that has the folders {@code images} and {@code masks}.
   *
   * @param folder the folder
   * @param coding how the masks tell classes
   * @return the pictures in the order of their names
   * @throws DataSetException as {@link #open(Path, Path, MaskCoding)} does
   */
  public static SegmentationFolder open(Path folder, MaskCoding coding) throws DataSetException {
    return open(folder.resolve("images"), folder.resolve("masks"), coding);
  }

  /**
   * Lists the pictures of a folder.
   *
   * @param pictures where the pictures are, also in folders inside
   * @param masks where the masks are
   * @param coding how the masks tell classes
   * @return the pictures in the order of their names
   * @throws DataSetException if a folder is missing or cannot be listed, there is no picture, two
   *     have the same name but for the ending, or one has no mask
   */
  public static SegmentationFolder open(Path pictures, Path masks, MaskCoding coding)
      throws DataSetException {
    for (Path folder : List.of(pictures, masks)) {
      if (!Files.isDirectory(folder)) {
        throw new DataSetException(
            "there is no folder "
                + folder
                + "; pictures and masks are looked for in a folder for each",
            null);
      }
    }
    List<Path> files = list(pictures);
    List<String> names = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Set<String> known = new HashSet<>();
    for (Path file : files) {
      String relative = pictures.relativize(file).toString();
      String name = relative.substring(0, relative.lastIndexOf('.'));
      if (!known.add(name)) {
        throw new DataSetException(
            pictures + " has two pictures called " + name + ", but masks tell them not apart",
            null);
      }
      if (!Files.isRegularFile(mask(masks, name))) {
        missing.add(name + ".png");
      }
      names.add(name);
    }
    if (files.isEmpty()) {
      throw new DataSetException(
          pictures + " has no pictures (they end in jpg, jpeg, png, bmp or gif)", null);
    }
    if (!missing.isEmpty()) {
      throw new DataSetException(
          masks
              + " lacks masks: "
              + NameList.of(missing)
              + "; add them, or remove the pictures without",
          null);
    }
    return new SegmentationFolder(masks, coding, files, List.copyOf(names));
  }

  private static Path mask(Path masks, String name) {
    return masks.resolve(name + ".png");
  }

  private static List<Path> list(Path folder) throws DataSetException {
    try (Stream<Path> entries = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return entries.filter(SegmentationFolder::isPicture).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DataSetException("the folder " + folder + " cannot be listed: " + e, e);
    }
  }

  private static boolean isPicture(Path path) {
    String name = path.getFileName().toString();
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return !name.startsWith(".") && ENDINGS.contains(ending) && Files.isRegularFile(path);
  }

  @Override
  public int count() {
    return files.size();
  }

  @Override
  public List<String> classNames() {
    return coding.classNames();
  }

  /**
   * A picture and the labels of its pixels.
   *
   * @param index the picture, 0 to count - 1
   * @return 255 for pixels without a class
   * @throws DataSetException if the picture or its mask cannot be read, their sizes differ, or the
   *     mask has a label that is no class's
   * @throws IndexOutOfBoundsException if there is no such picture
   */
  @Override
  public SegmentationExample example(int index) throws DataSetException {
    Path file = files.get(index);
    Path mask = mask(masks, names.get(index));
    try {
      PixelImage picture = ImageDecoder.decode(file);
      LabelMap stored =
          coding.colours().isEmpty() ? LabelPng.read(mask) : LabelPng.read(mask, coding.colours());
      LabelMap labels = coding.reduceZeroLabel() ? stored.withoutZero() : stored;
      if (labels.width() != picture.width() || labels.height() != picture.height()) {
        throw new DataSetException(
            "%s has %dx%d pixels, but its mask %s has %dx%d"
                .formatted(
                    file, picture.width(), picture.height(), mask, labels.width(), labels.height()),
            null);
      }
      check(mask, stored, labels);
      return new SegmentationExample(picture, labels);
    } catch (DataSetException e) {
      throw e;
    } catch (IOException e) {
      throw new DataSetException("a picture or its mask cannot be read: " + e.getMessage(), e);
    }
  }

  private void check(Path mask, LabelMap stored, LabelMap labels) throws DataSetException {
    int classes = coding.classNames().size();
    for (int i = 0; i < labels.labels().length; i++) {
      int label = labels.labels()[i] & 0xff;
      if (label >= classes && label != LabelMap.IGNORED) {
        throw new DataSetException(
            "%s has the label %d in column %d, row %d, but there are %d classes%s; correct the mask or name all classes"
                .formatted(
                    mask,
                    stored.labels()[i] & 0xff,
                    i % labels.width(),
                    i / labels.width(),
                    classes,
                    coding.reduceZeroLabel() ? ", counted from 1" : ", counted from 0"),
            null);
      }
    }
  }

  @Override
  public String identity() {
    CRC32 sum = new CRC32();
    names.forEach(name -> sum.update(name.getBytes(StandardCharsets.UTF_8)));
    return String.format("%d pictures with masks, names %08x", count(), sum.getValue());
  }
}
