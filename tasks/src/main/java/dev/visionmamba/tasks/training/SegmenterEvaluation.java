package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.SegmentedPicture;
import dev.visionmamba.tasks.SemanticSegmenter;
import dev.visionmamba.tasks.metrics.SegmentationAccuracy;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;

/** Measures how well a segmenter does on a data set. */
public final class SegmenterEvaluation {
  private SegmenterEvaluation() {}

  /**
   * Segments every picture, at its own size.
   *
   * @param model the model
   * @param pictures the data set, whose classes must be the model's
   * @param workers how many threads share the pictures, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many pictures are done
   * @return the accuracy, over the model's classes
   * @throws IllegalArgumentException if the data set has other classes
   * @throws IOException if a picture cannot be read
   */
  public static SegmentationAccuracy run(
      SegmenterModel model, SegmentationDataset pictures, int workers, IntConsumer progress)
      throws IOException {
    List<String> classes = model.description().classes();
    DataChecks.requireClasses(model.description(), pictures.classNames());
    SegmentationAccuracy accuracy = new SegmentationAccuracy(classes);
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      for (int from = 0; from < pictures.count(); from += workers) {
        List<Callable<SegmentedExample>> tasks = new ArrayList<>();
        for (int i = from; i < Math.min(pictures.count(), from + workers); i++) {
          int index = i;
          tasks.add(() -> segment(model, pictures.example(index)));
        }
        for (SegmentedExample done : threads.run(tasks)) {
          accuracy.add(done.example.labels(), done.answer.labels());
        }
        progress.accept(from + tasks.size());
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return accuracy;
  }

  private record SegmentedExample(SegmentationExample example, SegmentedPicture answer) {}

  private static SegmentedExample segment(SegmenterModel model, SegmentationExample example) {
    return new SegmentedExample(example, SemanticSegmenter.segment(model, example.picture()));
  }
}
