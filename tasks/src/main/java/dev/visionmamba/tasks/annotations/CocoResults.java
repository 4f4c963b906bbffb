package dev.visionmamba.tasks.annotations;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file of COCO results: a list of detections with {@code image_id}, {@code category_id}, {@code
 * score}, and {@code bbox}, {@code segmentation} or both. Immutable.
 */
public final class CocoResults {
  private final List<CocoResult> results;
  private final Problems problems;

  private CocoResults(List<CocoResult> results, Problems problems) {
    this.results = Collections.unmodifiableList(results);
    this.problems = problems;
  }

  /**
   * Results, to be written or measured.
   *
   * @param results the detections, in any order
   * @return the results
   */
  public static CocoResults of(List<CocoResult> results) {
    return new CocoResults(List.copyOf(results), new Problems());
  }

  /**
   * Reads a file; one entry that cannot be used is enough to refuse it.
   *
   * @param file the file
   * @param dataset the pictures and classes that it is about
   * @return its detections
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidAnnotationsException as {@link #read(Path, CocoDataset, OnProblem)} does
   * @throws IOException if it cannot be read
   */
  public static CocoResults read(Path file, CocoDataset dataset) throws IOException {
    return read(file, dataset, OnProblem.REFUSE);
  }

  /**
   * Reads a file. Entries that cannot be used are those whose picture or class is not in the data
   * set, without a score, with neither box nor pixels, or with a box or pixels that {@link
   * CocoDataset#read(Path, OnProblem)} would not take either.
   *
   * @param file the file
   * @param dataset the pictures and classes that it is about
   * @param onProblem what is done about such entries
   * @return its detections, in the file's order
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidAnnotationsException if it is not JSON of COCO's form, is cut short, or has an
   *     entry that cannot be used and is not skipped
   * @throws IOException if it cannot be read
   */
  public static CocoResults read(Path file, CocoDataset dataset, OnProblem onProblem)
      throws IOException {
    List<CocoResult> results = new ArrayList<>();
    Problems problems = new Problems();
    int[] count = new int[1];
    CocoParser.read(
        file,
        parser -> {
          if (parser.atObject()) {
            throw parser.unexpected("a list of results");
          }
          parser.array(
              () -> {
                CocoEntry entry = CocoEntry.read(parser);
                String name = "result [" + count[0]++ + "]";
                if (!dataset.knows(entry.imageId, entry.categoryId)) {
                  problems.add(name, dataset.stranger(entry.imageId, entry.categoryId));
                } else if (entry.score == null) {
                  problems.add(name, "it has no score");
                } else {
                  try {
                    results.add(result(entry, dataset.image(entry.imageId)));
                  } catch (IllegalArgumentException e) {
                    problems.add(name, e.getMessage());
                  }
                }
              });
        });
    problems.settle(file, onProblem);
    return new CocoResults(results, problems);
  }

  private static CocoResult result(CocoEntry entry, CocoImage image) {
    CocoSegmentation segmentation = entry.segmentation(image);
    RunLengthMask mask =
        segmentation == null ? null : segmentation.mask(image.width(), image.height());
    return new CocoResult(
        entry.imageId, entry.categoryId, entry.score, entry.box(segmentation, image), mask);
  }

  /**
   * The detections.
   *
   * @return in the file's order; cannot be changed
   */
  public List<CocoResult> results() {
    return results;
  }

  /**
   * The detections of each picture, to measure them with.
   *
   * @param dataset the pictures and classes that they are about
   * @return by the picture's number, each in the file's order; pictures without detections are
   *     missing
   * @throws IllegalArgumentException if a class is not in the data set
   */
  public Map<Long, List<Detection>> byImage(CocoDataset dataset) {
    Map<Long, List<Detection>> detections = new HashMap<>();
    for (CocoResult result : results) {
      detections
          .computeIfAbsent(result.imageId(), key -> new ArrayList<>())
          .add(
              new Detection(
                  dataset.label(result.categoryId()), result.score(), result.box(), result.mask()));
    }
    return detections;
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
   * Writes a file that {@link #read(Path, CocoDataset)} and COCO's own tools read, whole or not at
   * all. Masks are compressed.
   *
   * @param file where; its folder must exist
   * @throws IOException if it cannot be written
   */
  public void write(Path file) throws IOException {
    CocoWriter.write(
        file,
        json -> {
          json.beginArray();
          for (CocoResult result : results) {
            json.beginObject();
            json.name("image_id").value(result.imageId());
            json.name("category_id").value(result.categoryId());
            CocoWriter.box(json.name("bbox"), result.box());
            CocoWriter.number(json.name("score"), result.score());
            if (result.mask() != null) {
              CocoWriter.mask(json.name("segmentation"), result.mask());
            }
            json.endObject();
          }
          json.endArray();
        });
  }
}
