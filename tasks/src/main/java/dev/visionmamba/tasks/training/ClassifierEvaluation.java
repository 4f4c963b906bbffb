package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.metrics.ConfusionMatrix;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelDescription;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;

/** Measures how well a classifier does on a data set. */
public final class ClassifierEvaluation {
  /** Images a thread and a step, at most. */
  private static final int BATCH = 256;

  /** Floats of a step's images, at most: 16 MiB. */
  private static final int FLOATS = 1 << 22;

  private ClassifierEvaluation() {}

  /**
   * Classifies every image.
   *
   * @param model the model
   * @param images the data set; its classes must be among the model's, by their names
   * @param workers how many threads share the images, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many images are done
   * @return the confusion matrix, over the model's classes, which holds the accuracy
   * @throws IllegalArgumentException if the model has other classes
   * @throws IOException if an image cannot be read
   */
  public static ConfusionMatrix run(
      ClassifierModel model, ImageDataset images, int workers, IntConsumer progress)
      throws IOException {
    List<String> classes = model.description().classes();
    int[] modelClass = modelClasses(model.description(), images);
    ConfusionMatrix matrix = new ConfusionMatrix(classes);
    Preprocessing preprocessing = Preprocessing.of(model.description().input());
    int batch = Math.max(1, Math.min(BATCH, FLOATS / preprocessing.length()));
    int count = images.count();
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      for (int from = 0; from < count; from += workers * batch) {
        List<Callable<long[]>> tasks = new ArrayList<>();
        for (int part = from; part < Math.min(count, from + workers * batch); part += batch) {
          int start = part;
          int end = Math.min(count, part + batch);
          tasks.add(() -> classify(model, images, preprocessing, start, end));
        }
        int next = from;
        for (long[] predicted : threads.run(tasks)) {
          for (long label : predicted) {
            matrix.add(modelClass[images.label(next)], (int) label);
            next++;
          }
        }
        progress.accept(next);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return matrix;
  }

  /** The model's class of each of the data set's. */
  private static int[] modelClasses(ModelDescription model, ImageDataset images) {
    List<String> unknown = new ArrayList<>(images.classNames());
    unknown.removeAll(model.classes());
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          model.name()
              + " knows the classes "
              + NameList.of(model.classes())
              + "; the data set also has "
              + NameList.of(unknown));
    }
    return images.classNames().stream().mapToInt(model.classes()::indexOf).toArray();
  }

  /** The classes of a batch. */
  private static long[] classify(
      ClassifierModel model, ImageDataset images, Preprocessing preprocessing, int from, int to) {
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray input =
          HostMemory.<IOException>write(
              manager,
              new Shape(
                  to - from,
                  preprocessing.channels(),
                  preprocessing.cropHeight(),
                  preprocessing.cropWidth()),
              target -> {
                for (int i = from; i < to; i++) {
                  preprocessing.write(images.picture(i), target);
                }
              });
      return model
          .network()
          .forward(new ParameterStore(manager, false), input, false)
          .argMax(1)
          .toLongArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
