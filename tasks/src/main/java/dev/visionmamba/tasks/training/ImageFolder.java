package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Pictures in a folder for each class, whose name is the class's, as torchvision's {@code
 * ImageFolder} has them: {@code FOLDER/CLASS/any/way/down/x.png}. Classes are sorted by name.
 * Pictures are read when they are asked for; the heap holds their paths alone.
 *
 * <p>Files with other endings than those of pictures are passed over, and so is what begins with a
 * dot. Symbolic links are followed.
 */
public final class ImageFolder implements ImageDataset {
  private static final Set<String> ENDINGS =
      Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp", "tif", "tiff", "ppm", "pgm");

  private static final String TRAIN = "train";
  private static final List<String> VALIDATION = List.of("val", "valid", "validation", "test");

  private final Path root;
  private final List<String> classNames;
  private final List<Path> files;
  private final int[] labels;

  private ImageFolder(Path root, List<String> classNames, List<Path> files, int[] labels) {
    this.root = root;
    this.classNames = classNames;
    this.files = files;
    this.labels = labels;
  }

  /**
   * What is learned from, and what is tested with.
   *
   * @param train has all classes
   * @param validation has the same classes; some of them may have no picture
   */
  public record Parts(ImageFolder train, ImageFolder validation) {}

  /**
   * Lists the pictures for a training. Where the folder holds {@code train} and {@code val} (or
   * {@code valid}, {@code validation}, {@code test}, the first of them that is there), those are
   * the parts; else it, or its only folder {@code train}, holds the classes, and a part of each
   * class's pictures is set aside.
   *
   * @param folder the folder
   * @param share which part of each class's pictures is set aside for validation, above 0 and below
   *     1; at least one where a class has two
   * @param seed which ones are
   * @return both parts
   * @throws DataSetException if the folder is missing, has no classes or only one, a class has no
   *     pictures, or nothing is left for validation
   * @throws IllegalArgumentException if the share is out of range
   */
  public static Parts split(Path folder, double share, long seed) throws DataSetException {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(
          "the share of pictures for validation must be above 0 and below 1, got " + share);
    }
    Path train = part(folder, List.of(TRAIN));
    Path validation = part(folder, VALIDATION);
    if (validation != null && train == null) {
      throw new DataSetException(
          folder + " has " + validation.getFileName() + " but no " + TRAIN + "; add that", null);
    }
    ImageFolder all = list(train == null ? folder : train);
    if (all.classNames.size() < 2) {
      throw new DataSetException(
          all.root
              + " has only one class, "
              + all.classNames.get(0)
              + "; a classifier needs at least two",
          null);
    }
    Parts parts =
        validation == null
            ? all.divided(share, seed)
            : new Parts(all, list(validation).withClasses(all));
    if (parts.validation.count() == 0) {
      throw new DataSetException(
          folder + " has one picture a class, so none is left for validation; add pictures", null);
    }
    return parts;
  }

  /**
   * Lists the pictures for a test: those of {@code val} (or {@code valid}, {@code validation},
   * {@code test}) where the folder holds it beside {@code train} or alone, else all.
   *
   * @param folder the folder
   * @return the pictures
   * @throws DataSetException if the folder is missing, has no classes, or a class has no pictures
   */
  public static ImageFolder open(Path folder) throws DataSetException {
    Path validation = part(folder, VALIDATION);
    return list(validation == null ? folder : validation);
  }

  /** The folder of a part, null if the folder's folders are not parts or none has such a name. */
  private static Path part(Path folder, List<String> names) throws DataSetException {
    List<String> found = new ArrayList<>();
    for (Path path : folders(folder)) {
      found.add(path.getFileName().toString());
    }
    boolean both = found.contains(TRAIN) && found.stream().anyMatch(VALIDATION::contains);
    boolean parts =
        both || found.stream().allMatch(name -> name.equals(TRAIN) || VALIDATION.contains(name));
    return names.stream()
        .filter(name -> parts && found.contains(name))
        .findFirst()
        .map(folder::resolve)
        .orElse(null);
  }

  private static List<Path> folders(Path folder) throws DataSetException {
    if (!Files.isDirectory(folder)) {
      throw new DataSetException(
          "there is no folder " + folder + "; name one that has a folder of pictures a class",
          null);
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).filter(ImageFolder::isShown).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlisted(folder, e);
    }
  }

  private static DataSetException unlisted(Path folder, Exception e) {
    return new DataSetException("the folder " + folder + " cannot be listed: " + e, e);
  }

  private static boolean isShown(Path path) {
    return !path.getFileName().toString().startsWith(".");
  }

  private static boolean isPicture(Path path) {
    String name = path.getFileName().toString();
    String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return ENDINGS.contains(ending) && Files.isRegularFile(path);
  }

  private static List<Path> pictures(Path folder) throws DataSetException {
    try (Stream<Path> entries = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return entries
          .filter(ImageFolder::isPicture)
          .filter(
              path ->
                  IntStream.range(folder.getNameCount(), path.getNameCount())
                      .allMatch(i -> isShown(path.getName(i))))
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw unlisted(folder, e);
    }
  }

  private static ImageFolder list(Path root) throws DataSetException {
    List<Path> classes = folders(root);
    if (classes.isEmpty()) {
      throw new DataSetException(
          root
              + " has no folders, but "
              + pictures(root).size()
              + " pictures; put those of each class into a folder that is named after it",
          null);
    }
    List<String> names = new ArrayList<>();
    List<String> empty = new ArrayList<>();
    List<Path> files = new ArrayList<>();
    IntStream.Builder labels = IntStream.builder();
    for (Path folder : classes) {
      List<Path> pictures = pictures(folder);
      if (pictures.isEmpty()) {
        empty.add(folder.getFileName().toString());
      }
      pictures.forEach(picture -> labels.add(names.size()));
      names.add(folder.getFileName().toString());
      files.addAll(pictures);
    }
    if (!empty.isEmpty()) {
      throw new DataSetException(
          root
              + " has folders without pictures: "
              + NameList.of(empty)
              + "; fill or remove them (pictures end in "
              + String.join(", ", new TreeSet<>(ENDINGS))
              + ")",
          null);
    }
    return new ImageFolder(root, List.copyOf(names), List.copyOf(files), labels.build().toArray());
  }

  /** The pictures with the labels of another folder, whose classes these must be among. */
  private ImageFolder withClasses(ImageFolder other) throws DataSetException {
    List<String> unknown = new ArrayList<>(classNames);
    unknown.removeAll(other.classNames);
    if (!unknown.isEmpty()) {
      throw new DataSetException(
          root + " has classes that " + other.root + " lacks: " + NameList.of(unknown), null);
    }
    int[] relabelled = new int[labels.length];
    Arrays.setAll(relabelled, i -> other.classNames.indexOf(classNames.get(labels[i])));
    return new ImageFolder(root, other.classNames, files, relabelled);
  }

  private Parts divided(double share, long seed) {
    List<Integer> train = new ArrayList<>();
    List<Integer> validation = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(seed);
    for (int label = 0; label < classNames.size(); label++) {
      int[] own = ofClass(label);
      int aside = (int) Math.min(own.length - 1, Math.max(1, Math.round(share * own.length)));
      for (int i : Shuffle.of(own.length, random)) {
        (aside > 0 ? validation : train).add(own[i]);
        aside--;
      }
    }
    return new Parts(part(train), part(validation));
  }

  private int[] ofClass(int label) {
    return IntStream.range(0, labels.length).filter(i -> labels[i] == label).toArray();
  }

  /** Some of the pictures, in this folder's order. */
  private ImageFolder part(List<Integer> indices) {
    int[] sorted = indices.stream().mapToInt(Integer::intValue).sorted().toArray();
    return new ImageFolder(
        root,
        classNames,
        Arrays.stream(sorted).mapToObj(files::get).toList(),
        Arrays.stream(sorted).map(i -> labels[i]).toArray());
  }

  /**
   * Reads every picture once, and leaves out those that cannot be read.
   *
   * @param workers how many threads read, at least 1
   * @param strict whether a picture that cannot be read is an error
   * @param report is told of each that is left out, in one line
   * @return the readable pictures; this data set if all are
   * @throws DataSetException if strict and a picture cannot be read, or if no picture of a class
   *     can be
   */
  public ImageFolder readable(int workers, boolean strict, Consumer<String> report)
      throws DataSetException {
    String[] problems = problems(workers);
    List<Integer> readable = new ArrayList<>();
    List<String> found = new ArrayList<>();
    for (int i = 0; i < problems.length; i++) {
      if (problems[i] == null) {
        readable.add(i);
      } else {
        found.add(problems[i]);
      }
    }
    if (found.isEmpty()) {
      return this;
    }
    if (strict) {
      throw new DataSetException(
          found.size()
              + " of "
              + count()
              + " pictures in "
              + root
              + " cannot be read, the first: "
              + found.get(0),
          null);
    }
    found.forEach(report);
    ImageFolder part = part(readable);
    for (int label = 0; label < classNames.size(); label++) {
      if (ofClass(label).length > 0 && part.ofClass(label).length == 0) {
        throw new DataSetException(
            "no picture of the class " + classNames.get(label) + " in " + root + " can be read",
            null);
      }
    }
    return part;
  }

  /** What is wrong with each picture; null where nothing is. */
  private String[] problems(int workers) {
    String[] problems = new String[count()];
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int worker = 0; worker < workers; worker++) {
        int first = worker;
        tasks.add(
            () -> {
              for (int i = first; i < problems.length; i += workers) {
                problems[i] = problem(i);
              }
              return true;
            });
      }
      threads.run(tasks);
    }
    return problems;
  }

  private String problem(int index) {
    try {
      picture(index);
      return null;
    } catch (DataSetException e) {
      return e.getMessage();
    }
  }

  @Override
  public int count() {
    return labels.length;
  }

  @Override
  public List<String> classNames() {
    return classNames;
  }

  @Override
  public int label(int index) {
    return labels[index];
  }

  @Override
  public PixelImage picture(int index) throws DataSetException {
    Path file = files.get(index);
    try {
      return ImageDecoder.decode(file);
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      throw new DataSetException(
          message.startsWith(file.toString()) ? message : file + ": " + message, e);
    }
  }

  /**
   * Where a picture is.
   *
   * @param index the picture, 0 to count - 1
   * @return its file
   */
  public Path file(int index) {
    return files.get(index);
  }

  /** Some pictures of each class. */
  @Override
  public ImageFolder first(int limit) {
    if (limit >= count()) {
      return this;
    }
    int[] seen = new int[classNames.size()];
    int[] rank = new int[count()];
    Arrays.setAll(rank, i -> seen[labels[i]]++);
    return part(
        IntStream.range(0, count())
            .boxed()
            .sorted((a, b) -> rank[a] != rank[b] ? rank[a] - rank[b] : a - b)
            .limit(limit)
            .toList());
  }

  @Override
  public String identity() {
    CRC32 sum = new CRC32();
    for (int i = 0; i < labels.length; i++) {
      String name = root.relativize(files.get(i)) + "=" + labels[i] + "\n";
      sum.update(name.getBytes(StandardCharsets.UTF_8));
    }
    return String.format("%d pictures, names %08x", count(), sum.getValue());
  }
}
