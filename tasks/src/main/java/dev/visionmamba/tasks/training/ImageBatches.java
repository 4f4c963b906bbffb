package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Preprocessing;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/** Turns images of a data set into a network's input, augmented on request. */
final class ImageBatches {
  /** Pixels of black border that a random crop may reach into. */
  private static final int PADDING = 2;

  private final LabelledImages images;
  private final Preprocessing preprocessing;

  ImageBatches(LabelledImages images, Preprocessing preprocessing) {
    this.images = images;
    this.preprocessing = preprocessing;
  }

  /** The images of a set in a random order. */
  static int[] shuffled(int count, SplittableRandom random) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /**
   * Images order[from] to order[to-1]: (to - from, channels, height, width).
   *
   * @param random where crops and flips come from; null for none
   */
  NDArray images(NDManager manager, int[] order, int from, int to, SplittableRandom random) {
    NDArray batch =
        manager.create(
            new Shape(
                to - from,
                preprocessing.channels(),
                preprocessing.cropHeight(),
                preprocessing.cropWidth()),
            DataType.FLOAT32);
    FloatBuffer target = batch.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = from; i < to; i++) {
      preprocessing.write(pixels(order[i], random), target);
    }
    return batch;
  }

  /** Their labels: (to - from), int64. */
  NDArray labels(NDManager manager, int[] order, int from, int to) {
    long[] labels = new long[to - from];
    for (int i = from; i < to; i++) {
      labels[i - from] = images.label(order[i]);
    }
    return manager.create(labels);
  }

  private PixelImage pixels(int index, SplittableRandom random) {
    int height = images.height();
    int width = images.width();
    ByteBuffer source = images.image(index);
    int down = random == null ? 0 : random.nextInt(2 * PADDING + 1) - PADDING;
    int right = random == null ? 0 : random.nextInt(2 * PADDING + 1) - PADDING;
    boolean flip = random != null && random.nextBoolean();
    byte[] rgb = new byte[3 * height * width];
    for (int y = 0; y < height; y++) {
      int fromY = y + down;
      for (int x = 0; x < width; x++) {
        int fromX = (flip ? width - 1 - x : x) + right;
        if (fromY >= 0 && fromY < height && fromX >= 0 && fromX < width) {
          byte grey = source.get(fromY * width + fromX);
          int at = 3 * (y * width + x);
          rgb[at] = grey;
          rgb[at + 1] = grey;
          rgb[at + 2] = grey;
        }
      }
    }
    return new PixelImage(width, height, rgb);
  }
}
