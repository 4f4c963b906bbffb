package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.DeepImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Good pictures, for a restorer to learn from: those of a folder and of the folders in it. Alpha is
 * dropped, and all have the colours that were asked for. Decoded pictures are kept up to 512 MiB;
 * beyond that they are read again. Thread-safe.
 */
public final class PictureFolder {
  /** What files may be called. */
  private static final Set<String> ENDINGS =
      Set.of("png", "jpg", "jpeg", "tif", "tiff", "bmp", "gif");

  private static final String TRAIN = "train";
  private static final String VALIDATION = "val";

  /** Bytes of decoded pictures that are kept. */
  private static final long KEPT = 512L << 20;

  private final List<Path> files;
  private final int colours;
  private final ConcurrentHashMap<Path, DeepImage> kept = new ConcurrentHashMap<>();
  private final AtomicLong keptBytes = new AtomicLong();

  private PictureFolder(List<Path> files, int colours) {
    this.files = List.copyOf(files);
    this.colours = colours;
  }

  /**
   * The pictures to learn from and to test with.
   *
   * @param train to learn from
   * @param validation to test with
   */
  public record Parts(PictureFolder train, PictureFolder validation) {}

  /**
   * All pictures of a folder.
   *
   * @param folder where they are
   * @param colours 3 for RGB, 1 for grey
   * @return the pictures, in the order of their names
   * @throws DataSetException if there are none
   * @throws IOException if the folder cannot be read
   */
  public static PictureFolder open(Path folder, int colours) throws IOException {
    if (colours != 1 && colours != 3) {
      throw new IllegalArgumentException("colours must be 1 or 3, got " + colours);
    }
    if (!Files.isDirectory(folder)) {
      throw new NotDirectoryException(folder.toString());
    }
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(PictureFolder::isPicture).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new DataSetException(
          folder + " has no pictures; those are files that end in " + sorted(ENDINGS), null);
    }
    return new PictureFolder(files, colours);
  }

  /**
   * The pictures of a folder in two parts: those of its folders {@code train} and {@code val} if it
   * has both, or all of them, some set aside at random.
   *
   * @param folder where they are
   * @param share of the pictures that is set aside, above 0 and below 1; at least one picture
   * @param seed which ones
   * @param colours 3 for RGB, 1 for grey
   * @return both parts
   * @throws DataSetException if there are too few
   * @throws IOException if the folder cannot be read
   */
  public static Parts split(Path folder, double share, long seed, int colours) throws IOException {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException("share must be above 0 and below 1, got " + share);
    }
    if (Files.isDirectory(folder.resolve(TRAIN)) && Files.isDirectory(folder.resolve(VALIDATION))) {
      return new Parts(
          open(folder.resolve(TRAIN), colours), open(folder.resolve(VALIDATION), colours));
    }
    PictureFolder all = open(folder, colours);
    if (all.count() < 2) {
      throw new DataSetException(folder + " has one picture; at least two make two parts", null);
    }
    int aside = (int) Math.max(1, Math.min(all.count() - 1L, Math.round(share * all.count())));
    Set<Integer> chosen = new HashSet<>();
    int[] order = Shuffle.of(all.count(), new SplittableRandom(seed));
    for (int i = 0; i < aside; i++) {
      chosen.add(order[i]);
    }
    List<Path> train = new ArrayList<>();
    List<Path> test = new ArrayList<>();
    for (int i = 0; i < all.count(); i++) {
      (chosen.contains(i) ? test : train).add(all.files.get(i));
    }
    return new Parts(new PictureFolder(train, colours), new PictureFolder(test, colours));
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(file);
  }

  private static String sorted(Set<String> words) {
    return String.join(", ", words.stream().sorted().toList());
  }

  /**
   * Some of the pictures.
   *
   * @param limit how many at most
   * @return the first ones
   */
  public PictureFolder first(int limit) {
    return new PictureFolder(files.subList(0, Math.min(limit, files.size())), colours);
  }

  /**
   * How many there are.
   *
   * @return at least 1
   */
  public int count() {
    return files.size();
  }

  /**
   * Colour channels of the pictures.
   *
   * @return 1 or 3
   */
  public int colours() {
    return colours;
  }

  /**
   * The file of a picture.
   *
   * @param index 0 to {@link #count} - 1
   * @return its path
   */
  public Path file(int index) {
    return files.get(index);
  }

  /**
   * A picture, opaque, 8 or 16 bits as in its file.
   *
   * @param index 0 to {@link #count} - 1
   * @return the picture
   * @throws IOException if it cannot be read
   */
  public DeepImage picture(int index) throws IOException {
    Path file = files.get(index);
    DeepImage known = kept.get(file);
    if (known != null) {
      return known;
    }
    DeepImage read = DeepImage.read(file).opaque();
    DeepImage picture = colours == 3 ? read.toRgb() : read.toGrey();
    long bytes = (long) picture.levels().length() * picture.levels().bits() / 8;
    if (keptBytes.addAndGet(bytes) <= KEPT) {
      kept.put(file, picture);
    } else {
      keptBytes.addAndGet(-bytes);
    }
    return picture;
  }

  /** What tells this data set from another. */
  String identity() {
    List<String> names = files.stream().map(file -> file.getFileName().toString()).toList();
    return files.size() + " pictures of " + colours + " colours, " + names.hashCode();
  }
}
