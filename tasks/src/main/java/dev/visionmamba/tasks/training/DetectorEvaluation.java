package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.metrics.AveragePrecision;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary;
import dev.visionmamba.zoo.DetectorModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import java.util.function.ObjLongConsumer;

/** Measures how well a detector does on a data set. */
public final class DetectorEvaluation {
  private DetectorEvaluation() {}

  /**
   * Looks for the things in every picture, and compares them with what is there by COCO's rules.
   *
   * @param model the model
   * @param pictures the data set, whose classes must be the model's
   * @param overlaps what is compared: boxes, masks or both
   * @param workers how many threads share the pictures, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many pictures are done
   * @return the average precision by each overlap
   * @throws IllegalArgumentException if the data set has other classes, or masks are to be compared
   *     that the detector does not find or the data set does not have
   * @throws IOException if a picture cannot be read
   */
  public static Map<Overlap, AveragePrecisionSummary> run(
      DetectorModel model,
      DetectionDataset pictures,
      Set<Overlap> overlaps,
      int workers,
      IntConsumer progress)
      throws IOException {
    return run(model, pictures, overlaps, workers, progress, (detections, image) -> {});
  }

  /**
   * The same, with what was found.
   *
   * @param model the model
   * @param pictures the data set, whose classes must be the model's
   * @param overlaps what is compared: boxes, masks or both
   * @param workers how many threads share the pictures, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many pictures are done
   * @param found told what was found in each picture, and its number, in the data set's order, by
   *     the calling thread; with masks if masks are compared
   * @return the average precision by each overlap
   * @throws IllegalArgumentException if the data set has other classes, or masks are to be compared
   *     that the detector does not find or the data set does not have
   * @throws IOException if a picture cannot be read
   */
  public static Map<Overlap, AveragePrecisionSummary> run(
      DetectorModel model,
      DetectionDataset pictures,
      Set<Overlap> overlaps,
      int workers,
      IntConsumer progress,
      ObjLongConsumer<List<Detection>> found)
      throws IOException {
    List<String> classes = model.description().classes();
    DataChecks.requireClasses(model.description(), pictures.classNames());
    Map<Overlap, AveragePrecision> measures = new EnumMap<>(Overlap.class);
    overlaps.forEach(overlap -> measures.put(overlap, new AveragePrecision(overlap, classes)));
    boolean masks = overlaps.contains(Overlap.MASKS);
    if (masks && !model.network().head().findsMasks()) {
      throw new IllegalArgumentException(
          model.description().name() + " finds boxes alone; compare boxes, not masks");
    }
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      for (int from = 0; from < pictures.count(); from += workers) {
        List<Callable<Searched>> tasks = new ArrayList<>();
        for (int i = from; i < Math.min(pictures.count(), from + workers); i++) {
          int index = i;
          tasks.add(() -> search(model, pictures, index, masks));
        }
        for (Searched done : threads.run(tasks)) {
          found.accept(done.detections, done.id);
          measures.values().forEach(measure -> measure.add(done.id, done.truths, done.detections));
        }
        progress.accept(from + tasks.size());
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    Map<Overlap, AveragePrecisionSummary> summaries = new EnumMap<>(Overlap.class);
    measures.forEach((overlap, measure) -> summaries.put(overlap, measure.summary()));
    return summaries;
  }

  private record Searched(long id, List<Instance> truths, List<Detection> detections) {}

  private static Searched search(
      DetectorModel model, DetectionDataset pictures, int index, boolean masks)
      throws DataSetException {
    DetectionExample example = pictures.example(index);
    return new Searched(
        example.id(), pictures.truths(index, example), detect(model, example.picture(), masks));
  }

  private static List<Detection> detect(DetectorModel model, PixelImage picture, boolean masks) {
    FitPreprocessing preprocessing = new FitPreprocessing(model.description().fit());
    RescaleSize size = preprocessing.size(picture.width(), picture.height());
    int width = preprocessing.padded(size.width());
    int height = preprocessing.padded(size.height());
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray images =
          HostMemory.write(
              manager,
              new Shape(1, 3, height, width),
              memory -> preprocessing.write(picture, memory, width, height));
      ImageFrame frame = ImageFrame.of(size, picture.height(), picture.width());
      // Masks that nobody compares are not computed.
      DetectionOptions options =
          new DetectionOptions(model.network().head().options().selection(), masks);
      Detections found =
          model
              .network()
              .detect(new ParameterStore(manager, false), images, List.of(frame), options)
              .get(0);
      List<Detection> detections = new ArrayList<>();
      for (int i = 0; i < found.size(); i++) {
        detections.add(detection(found, i, picture, masks));
      }
      return detections;
    }
  }

  private static Detection detection(Detections found, int i, PixelImage picture, boolean masks) {
    float[] box = found.box(i);
    RunLengthMask mask =
        masks
            ? RunLengthMask.of(
                picture.width(),
                picture.height(),
                found.pixels(i, picture.height(), picture.width()))
            : null;
    return new Detection(
        found.labels()[i],
        found.scores()[i],
        Box.ofCorners(box[0], box[1], Math.max(box[0], box[2]), Math.max(box[1], box[3])),
        mask);
  }
}
