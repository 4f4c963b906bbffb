package dev.visionmamba.tasks.annotations;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A file of COCO annotations: pictures, classes, and the things in the pictures (Lin et al., 2014;
 * the format of {@code instances_*.json}). A class's label, by which networks and measures know it,
 * is its place in the order of the classes' numbers. Immutable, in memory as a whole; masks are
 * rasterised when they are asked for.
 *
 * <p>Boxes are kept as the file has them, also empty ones and those that reach out of the picture:
 * COCO's measures take them so. Where the file leaves out a thing's box or area, those of its
 * pixels are taken, and the area of its box where it has no pixels.
 */
public final class CocoDataset {
  private final Map<Long, CocoImage> images = new LinkedHashMap<>();
  private final Map<Long, CocoCategory> categories = new TreeMap<>();
  private final Map<Long, Integer> labels = new HashMap<>();
  private final Map<Long, List<CocoAnnotation>> annotations = new HashMap<>();
  private final Set<Long> ids = new HashSet<>();
  private final Problems problems = new Problems();

  private CocoDataset() {}

  /**
   * Reads a file; one entry that cannot be used is enough to refuse it.
   *
   * @param file the file
   * @return its annotations
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidAnnotationsException as {@link #read(Path, OnProblem)} does
   * @throws IOException if it cannot be read
   */
  public static CocoDataset read(Path file) throws IOException {
    return read(file, OnProblem.REFUSE);
  }

  /**
   * Reads a file. Entries that cannot be used are: a picture without a size of pixels or with too
   * many; a second entry with the number of another; an annotation whose picture or class is not in
   * the file, which has neither box nor pixels, a box with other than four finite numbers or a side
   * below 0, an area below 0, a polygon of less than three corners or an odd count of numbers, or a
   * mask that does not have its picture's size.
   *
   * @param file the file
   * @param onProblem what is done about such entries
   * @return its annotations
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidAnnotationsException if it is not JSON of COCO's form, is cut short, has no list
   *     of pictures or of classes, or has an entry that cannot be used and is not skipped
   * @throws IOException if it cannot be read
   */
  public static CocoDataset read(Path file, OnProblem onProblem) throws IOException {
    CocoDataset read = new CocoDataset();
    List<CocoEntry> entries = new ArrayList<>();
    Set<String> found = new HashSet<>();
    CocoParser.read(
        file,
        parser -> {
          if (!parser.atObject()) {
            throw parser.unexpected("an object with images, annotations and categories");
          }
          parser.object(
              name -> {
                found.add(name);
                switch (name) {
                  case "images" -> parser.array(() -> read.readImage(parser));
                  case "categories" -> parser.array(() -> read.readCategory(parser));
                  case "annotations" -> parser.array(() -> entries.add(CocoEntry.read(parser)));
                  default -> parser.skip();
                }
              });
        });
    for (String name : List.of("images", "categories")) {
      if (!found.contains(name)) {
        throw new InvalidAnnotationsException(
            file + ": it has no " + name + "; take a file of instances, as COCO names them");
      }
    }
    read.assignLabels();
    for (int i = 0; i < entries.size(); i++) {
      read.readAnnotation(entries.set(i, null), i);
    }
    read.problems.settle(file, onProblem);
    return read;
  }

  /**
   * Makes a data set, to be written or measured with.
   *
   * @param images its pictures
   * @param categories its classes
   * @param annotations the things in the pictures
   * @return the data set
   * @throws IllegalArgumentException if two entries of a kind have the same number, or a thing's
   *     picture or class is missing
   */
  public static CocoDataset of(
      List<CocoImage> images, List<CocoCategory> categories, List<CocoAnnotation> annotations) {
    CocoDataset made = new CocoDataset();
    images.forEach(made::add);
    categories.forEach(made::add);
    made.assignLabels();
    annotations.forEach(annotation -> made.add(annotation, "annotation " + annotation.id()));
    if (made.problems.count() > 0) {
      throw new IllegalArgumentException(made.problems.kept().get(0));
    }
    return made;
  }

  private void readImage(CocoParser parser) throws IOException {
    Long[] id = new Long[1];
    int[] size = {0, 0};
    String[] fileName = {""};
    parser.object(
        name -> {
          switch (name) {
            case "id" -> id[0] = parser.integer();
            case "width" -> size[0] = parser.small();
            case "height" -> size[1] = parser.small();
            case "file_name" -> fileName[0] = parser.text();
            default -> parser.skip();
          }
        });
    if (id[0] == null) {
      problems.add("a picture \"" + fileName[0] + "\"", "it has no id");
      return;
    }
    try {
      add(new CocoImage(id[0], fileName[0], size[0], size[1]));
    } catch (IllegalArgumentException e) {
      problems.add("picture " + id[0], e.getMessage());
    }
  }

  private void readCategory(CocoParser parser) throws IOException {
    Long[] id = new Long[1];
    String[] name = {""};
    parser.object(
        field -> {
          switch (field) {
            case "id" -> id[0] = parser.integer();
            case "name" -> name[0] = parser.text();
            default -> parser.skip();
          }
        });
    if (id[0] == null) {
      problems.add("a category \"" + name[0] + "\"", "it has no id");
    } else {
      add(new CocoCategory(id[0], name[0]));
    }
  }

  private void readAnnotation(CocoEntry entry, int index) {
    String name = entry.id == null ? "annotations[" + index + "]" : "annotation " + entry.id;
    CocoImage image = images.get(entry.imageId);
    if (image == null || !labels.containsKey(entry.categoryId)) {
      problems.add(name, stranger(entry.imageId, entry.categoryId));
      return;
    }
    try {
      CocoSegmentation segmentation = entry.segmentation(image);
      Box box = entry.box(segmentation, image);
      double area = entry.area(segmentation, box, image);
      // Files of one's own often number nothing; negative numbers are not in use.
      long id = entry.id == null ? -1L - index : entry.id;
      add(
          new CocoAnnotation(
              id, entry.imageId, entry.categoryId, box, area, entry.crowd, segmentation),
          name);
    } catch (IllegalArgumentException e) {
      problems.add(name, e.getMessage());
    }
  }

  private void add(CocoImage image) {
    if (images.putIfAbsent(image.id(), image) != null) {
      problems.add("picture " + image.id(), "another one has this number");
    }
  }

  private void add(CocoCategory category) {
    if (categories.putIfAbsent(category.id(), category) != null) {
      problems.add("category " + category.id(), "another one has this number");
    }
  }

  private void assignLabels() {
    categories.keySet().forEach(id -> labels.put(id, labels.size()));
  }

  private void add(CocoAnnotation annotation, String name) {
    if (!images.containsKey(annotation.imageId()) || !labels.containsKey(annotation.categoryId())) {
      problems.add(name, stranger(annotation.imageId(), annotation.categoryId()));
    } else if (ids.add(annotation.id())) {
      annotations.computeIfAbsent(annotation.imageId(), key -> new ArrayList<>()).add(annotation);
    } else {
      problems.add(name, "another one has this number");
    }
  }

  /** What is wrong with an entry whose picture or class is unknown. */
  String stranger(Long imageId, Long categoryId) {
    if (imageId == null || categoryId == null) {
      return "it has no " + (imageId == null ? "image_id" : "category_id");
    }
    return images.containsKey(imageId)
        ? "its category_id "
            + categoryId
            + " is not one of the file's "
            + categories.size()
            + " categories"
        : "its image_id " + imageId + " is not one of the file's " + images.size() + " images";
  }

  /**
   * The pictures, in the file's order.
   *
   * @return cannot be changed
   */
  public List<CocoImage> images() {
    return List.copyOf(images.values());
  }

  /**
   * A picture.
   *
   * @param id its number
   * @return the picture
   * @throws IllegalArgumentException if there is none
   */
  public CocoImage image(long id) {
    CocoImage image = images.get(id);
    if (image == null) {
      throw new IllegalArgumentException(
          "there is no picture " + id + " among the " + images.size() + " of the data set");
    }
    return image;
  }

  /** Whether a picture and a class are known. */
  boolean knows(Long imageId, Long categoryId) {
    return images.containsKey(imageId) && labels.containsKey(categoryId);
  }

  /**
   * The classes.
   *
   * @return by label, which is the order of their numbers; cannot be changed
   */
  public List<CocoCategory> categories() {
    return List.copyOf(categories.values());
  }

  /**
   * The classes' names.
   *
   * @return by label; cannot be changed
   */
  public List<String> classNames() {
    return categories.values().stream().map(CocoCategory::name).toList();
  }

  /**
   * A class's label.
   *
   * @param categoryId its number in the file
   * @return 0 to the number of classes - 1
   * @throws IllegalArgumentException if there is no such class
   */
  public int label(long categoryId) {
    Integer label = labels.get(categoryId);
    if (label == null) {
      throw new IllegalArgumentException(
          "there is no category "
              + categoryId
              + " among the "
              + categories.size()
              + " of the data set");
    }
    return label;
  }

  /**
   * The things in a picture as the file has them, in its order.
   *
   * @param imageId the picture's number
   * @return may be empty; cannot be changed
   * @throws IllegalArgumentException if there is no such picture
   */
  public List<CocoAnnotation> annotations(long imageId) {
    image(imageId);
    return Collections.unmodifiableList(annotations.getOrDefault(imageId, List.of()));
  }

  /**
   * The things in a picture, to measure detections with: all of them, boxes as the file has them,
   * masks rasterised.
   *
   * @param imageId the picture's number
   * @return may be empty; cannot be changed
   * @throws IllegalArgumentException if there is no such picture
   */
  public List<Instance> instances(long imageId) {
    CocoImage image = image(imageId);
    return annotations(imageId).stream()
        .map(
            annotation ->
                new Instance(
                    label(annotation.categoryId()),
                    annotation.box(),
                    annotation.segmentation() == null
                        ? null
                        : annotation.segmentation().mask(image.width(), image.height()),
                    annotation.area(),
                    annotation.crowd()))
        .toList();
  }

  /**
   * How many entries of the file were left out.
   *
   * @return 0 unless it was read with {@link OnProblem#SKIP}
   */
  public int skipped() {
    return problems.count();
  }

  /**
   * Why entries of the file were left out.
   *
   * @return a line each for the first hundred: the entry, what is wrong
   */
  public List<String> problems() {
    return problems.kept();
  }

  /**
   * Writes a file that {@link #read(Path)} and COCO's own tools read, whole or not at all. Polygons
   * stay polygons, run lengths are compressed.
   *
   * @param file where; its folder must exist
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    CocoWriter.write(
        file,
        json -> {
          json.beginObject();
          json.name("images").beginArray();
          for (CocoImage image : images.values()) {
            write(json, image);
          }
          json.endArray();
          json.name("categories").beginArray();
          for (CocoCategory category : categories.values()) {
            json.beginObject();
            json.name("id").value(category.id()).name("name").value(category.name());
            json.endObject();
          }
          json.endArray();
          json.name("annotations").beginArray();
          for (CocoImage image : images.values()) {
            for (CocoAnnotation annotation : annotations(image.id())) {
              write(json, annotation);
            }
          }
          json.endArray();
          json.endObject();
        });
  }

  private static void write(JsonWriter json, CocoImage image) throws IOException {
    json.beginObject();
    json.name("id").value(image.id());
    json.name("file_name").value(image.fileName());
    json.name("width").value(image.width());
    json.name("height").value(image.height());
    json.endObject();
  }

  private static void write(JsonWriter json, CocoAnnotation annotation) throws IOException {
    json.beginObject();
    json.name("id").value(annotation.id());
    json.name("image_id").value(annotation.imageId());
    json.name("category_id").value(annotation.categoryId());
    CocoWriter.box(json.name("bbox"), annotation.box());
    CocoWriter.number(json.name("area"), annotation.area());
    json.name("iscrowd").value(annotation.crowd() ? 1 : 0);
    if (annotation.segmentation() instanceof CocoSegmentation.Polygons polygons) {
      json.name("segmentation").beginArray();
      for (double[] polygon : polygons.polygons()) {
        CocoWriter.numbers(json, polygon);
      }
      json.endArray();
    } else if (annotation.segmentation() instanceof CocoSegmentation.Runs runs) {
      CocoWriter.mask(json.name("segmentation"), runs.mask());
    }
    json.endObject();
  }
}
