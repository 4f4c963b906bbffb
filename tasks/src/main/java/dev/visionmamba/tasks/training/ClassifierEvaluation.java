package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.zoo.ClassifierModel;
import java.util.Arrays;
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
   * @param progress told how many images are done
   * @return the confusion matrix, which holds the accuracy
   * @throws IllegalArgumentException if the model has other classes
   */
  public static ConfusionMatrix run(
      ClassifierModel model, LabelledImages images, IntConsumer progress) {
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
    for (int from = 0; from < order.length; from += BATCH) {
      int to = Math.min(order.length, from + BATCH);
      try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
        NDArray input = batches.images(manager, order, from, to, null);
        NDArray scores = model.network().forward(new ParameterStore(manager, false), input, false);
        long[] predicted = scores.argMax(1).toLongArray();
        for (int i = from; i < to; i++) {
          matrix.add(images.label(i), (int) predicted[i - from]);
        }
      }
      progress.accept(to);
    }
    return matrix;
  }
}
