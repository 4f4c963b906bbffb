package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.tasks.image.Preprocessing;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * The batches of one epoch, augmented. Threads read and augment pictures a few batches ahead, into
 * arrays that are used again, so the memory does not grow with the data set. All random numbers are
 * drawn here in the pictures' order: however many threads there are, the batches are the same.
 */
final class BatchLoader implements TrainingTask.Batches<BatchLoader.Batch> {
  /** How many batches are made ready while one is learned. */
  private static final int AHEAD = 2;

  private final ImageDataset data;
  private final Preprocessing preprocessing;
  private final TrainingOptions options;
  private final int[] order;
  private final SplittableRandom random;
  private final ExecutorService threads;
  private final Queue<Pending> pending = new ArrayDeque<>();
  private int planned;

  /**
   * Starts to load.
   *
   * @param options the batch size, the augmentation and the mixing
   * @param order the pictures by their index
   * @param random where augmentation and mixing come from
   * @param threads how many read pictures, at least 1
   */
  BatchLoader(
      ImageDataset data,
      Preprocessing preprocessing,
      TrainingOptions options,
      int[] order,
      SplittableRandom random,
      int threads) {
    this.data = data;
    this.preprocessing = preprocessing;
    this.options = options;
    this.order = order;
    this.random = random;
    this.threads = ParallelTasks.daemons(threads, "visionmamba-loader");
    int batches = (order.length + options.batchSize() - 1) / options.batchSize();
    int length = Math.min(order.length, options.batchSize()) * preprocessing.length();
    for (int i = 0; i < Math.min(AHEAD, batches); i++) {
      plan(new float[length]);
    }
  }

  /** A batch that threads are filling. */
  private record Pending(
      float[] pixels, long[] labels, Mixing.Draw mix, List<Future<Void>> pictures) {}

  /** Plans the next batch, if there is one. */
  private void plan(float[] pixels) {
    int count = Math.min(options.batchSize(), order.length - planned);
    if (count <= 0) {
      return;
    }
    long[] labels = new long[count];
    List<Future<Void>> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int index = order[planned + i];
      labels[i] = data.label(index);
      Augmentation.Draw draw = options.augmentation().draw(random);
      FloatBuffer target =
          FloatBuffer.wrap(pixels, i * preprocessing.length(), preprocessing.length());
      Callable<Void> task =
          () -> {
            preprocessing.normalize(
                options.augmentation().levels(data.picture(index), draw, preprocessing), target);
            return null;
          };
      pictures.add(threads.submit(task));
    }
    Mixing.Draw mix =
        options.mixing().isOn()
            ? options.mixing().draw(preprocessing.cropHeight(), preprocessing.cropWidth(), random)
            : null;
    planned += count;
    pending.add(new Pending(pixels, labels, mix, pictures));
  }

  /**
   * A batch.
   *
   * @param images (B, channels, height, width), normalised
   * @param labels (B), int64
   * @param targets what the loss wants: the labels, or of mixed pictures (B, classes), a share a
   *     class
   */
  record Batch(NDArray images, NDArray labels, NDArray targets)
      implements TrainingTask.Examples<Batch> {

    @Override
    public int size() {
      return Math.toIntExact(labels.size());
    }

    @Override
    public Batch part(int from, int to, NDManager manager) {
      NDIndex part = new NDIndex().addSliceDim(from, to);
      Batch some = new Batch(images.get(part), labels.get(part), targets.get(part));
      manager.attachAll(some.images, some.labels, some.targets);
      return some;
    }
  }

  /**
   * The next batch.
   *
   * @param manager whom its arrays belong to
   * @throws IOException if a picture cannot be read any more
   * @throws IllegalStateException if there are no more batches
   */
  @Override
  public Batch next(NDManager manager) throws IOException {
    Pending batch = pending.poll();
    if (batch == null) {
      throw new IllegalStateException("the epoch has no more batches");
    }
    await(batch.pictures);
    int count = batch.labels.length;
    int channels = preprocessing.channels();
    int height = preprocessing.cropHeight();
    int width = preprocessing.cropWidth();
    NDArray labels = manager.create(batch.labels);
    NDArray targets = labels;
    if (batch.mix != null) {
      Mixing.apply(batch.mix, batch.pixels, count, channels, height, width);
      int classes = data.classNames().size();
      targets =
          manager.create(
              Mixing.targets(batch.mix, batch.labels, classes), new Shape(count, classes));
    }
    NDArray images =
        HostMemory.write(
            manager,
            new Shape(count, channels, height, width),
            memory -> memory.put(batch.pixels, 0, count * preprocessing.length()));
    plan(batch.pixels);
    return new Batch(images, labels, targets);
  }

  private static void await(List<Future<Void>> pictures) throws IOException {
    for (Future<Void> picture : pictures) {
      try {
        picture.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof IOException exception) {
          throw exception;
        }
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted");
      }
    }
  }

  /** Stops the threads; what they are reading is thrown away. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
