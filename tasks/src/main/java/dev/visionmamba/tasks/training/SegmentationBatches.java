package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.FitInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;

/**
 * The batches of one epoch of a segmenter's training: a square window at a random place of each
 * picture, as large as the network's shorter side, half of them mirrored if that is wanted. Smaller
 * pictures are filled up on the right and below with pixels that count for nothing.
 */
final class SegmentationBatches implements TrainingTask.Batches<SegmentationBatches.Batch> {
  private final SegmentationDataset data;
  private final FitPreprocessing preprocessing;
  private final int side;
  private final int batchSize;
  private final boolean flip;
  private final int[] order;
  private final SplittableRandom random;
  private final ParallelTasks threads;
  private int next;

  SegmentationBatches(
      SegmentationDataset data,
      FitInput input,
      TrainingOptions options,
      int[] order,
      SplittableRandom random,
      int threads) {
    this.data = data;
    this.side = input.shorterSide();
    this.preprocessing =
        new FitPreprocessing(new FitInput(side, side, 1, input.mean(), input.std()));
    this.batchSize = options.batchSize();
    this.flip = options.augmentation().flip();
    this.order = order;
    this.random = random;
    this.threads = new ParallelTasks(threads);
  }

  /**
   * A batch.
   *
   * @param images (B, 3, side, side), normalised
   * @param labels (B, side, side), int64, {@link LabelMap#IGNORED} where there is no picture
   */
  record Batch(NDArray images, NDArray labels) implements TrainingTask.Examples<Batch> {
    @Override
    public int size() {
      return Math.toIntExact(images.getShape().get(0));
    }

    @Override
    public Batch part(int from, int to, NDManager manager) {
      NDIndex part = new NDIndex().addSliceDim(from, to);
      Batch some = new Batch(images.get(part), labels.get(part));
      manager.attachAll(some.images, some.labels);
      return some;
    }
  }

  @Override
  public Batch next(NDManager manager) throws IOException {
    int count = Math.min(batchSize, order.length - next);
    float[] pixels = new float[count * 3 * side * side];
    long[] labels = new long[count * side * side];
    int first = next;
    // Drawn in the pictures' order, however many threads there are.
    long[] seeds = random.longs(count).toArray();
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int thread = 0; thread < threads.count(); thread++) {
      int start = thread;
      tasks.add(
          () -> {
            for (int i = start; i < count; i += threads.count()) {
              SegmentationExample example = data.example(order[first + i]);
              write(example, new SplittableRandom(seeds[i]), pixels, labels, i);
            }
            return true;
          });
    }
    next += count;
    try {
      threads.run(tasks);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    NDArray images =
        HostMemory.write(manager, new Shape(count, 3, side, side), memory -> memory.put(pixels));
    return new Batch(images, manager.create(labels, new Shape(count, side, side)));
  }

  private void write(
      SegmentationExample example,
      SplittableRandom random,
      float[] pixels,
      long[] labels,
      int index) {
    int from = index * side * side;
    int width = Math.min(side, example.picture().width());
    int height = Math.min(side, example.picture().height());
    int left = random.nextInt(example.picture().width() - width + 1);
    int top = random.nextInt(example.picture().height() - height + 1);
    boolean mirrored = flip && random.nextBoolean();
    byte[] rgb = new byte[3 * side * side];
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        int to = y * side + x;
        if (x >= width || y >= height) {
          labels[from + to] = LabelMap.IGNORED;
          continue;
        }
        int column = left + (mirrored ? width - 1 - x : x);
        labels[from + to] = example.labels().label(column, top + y);
        int pixel = 3 * ((top + y) * example.picture().width() + column);
        System.arraycopy(example.picture().rgb(), pixel, rgb, 3 * to, 3);
      }
    }
    FloatBuffer target = FloatBuffer.wrap(pixels, 3 * from, 3 * side * side);
    preprocessing.write(new PixelImage(side, side, rgb), target, side, side);
  }

  @Override
  public void close() {
    threads.close();
  }
}
