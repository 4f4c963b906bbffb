package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.zoo.ClassifierModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;

/** Measures how well a classifier does on a data set. */
public final class ClassifierEvaluation {
  private static final int BATCH = 256;

  private ClassifierEvaluation() {}

  /**
   * Classifies every image.
   *
   * @param model the model
   * @param images the data set; its classes must be the model's
   * @param workers how many threads share the images, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many images are done
   * @return the confusion matrix, which holds the accuracy
   * @throws IllegalArgumentException if the model has other classes
   */
  public static ConfusionMatrix run(
      ClassifierModel model, LabelledImages images, int workers, IntConsumer progress) {
    if (model.description().classes().size() != images.classNames().size()) {
      throw new IllegalArgumentException(
          model.description().name()
              + " knows "
              + model.description().classes().size()
              + " classes, but the data set has "
              + images.classNames().size());
    }
    ConfusionMatrix matrix = new ConfusionMatrix(images.classNames());
    ImageBatches batches = new ImageBatches(images, Preprocessing.of(model.description().input()));
    int[] order = new int[images.count()];
    Arrays.setAll(order, i -> i);
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      for (int from = 0; from < order.length; from += workers * BATCH) {
        List<Callable<long[]>> tasks = new ArrayList<>();
        for (int part = from;
            part < Math.min(order.length, from + workers * BATCH);
            part += BATCH) {
          int start = part;
          tasks.add(() -> classify(model, batches, order, start));
        }
        int next = from;
        for (long[] predicted : threads.run(tasks)) {
          for (long label : predicted) {
            matrix.add(images.label(next), (int) label);
            next++;
          }
        }
        progress.accept(next);
      }
    }
    return matrix;
  }

  /** The classes of a batch. */
  private static long[] classify(
      ClassifierModel model, ImageBatches batches, int[] order, int from) {
    int to = Math.min(order.length, from + BATCH);
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray input = batches.images(manager, order, from, to, null);
      return model
          .network()
          .forward(new ParameterStore(manager, false), input, false)
          .argMax(1)
          .toLongArray();
    }
  }
}
