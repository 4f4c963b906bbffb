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
  private final LabelledImages images;
  private final Preprocessing preprocessing;
  private final int shift;
  private final boolean flip;

  /** The images as they are. */
  ImageBatches(LabelledImages images, Preprocessing preprocessing) {
    this(images, preprocessing, 0, false);
  }

  /** The images moved at random by up to so many pixels, over black, and flipped. */
  ImageBatches(LabelledImages images, Preprocessing preprocessing, int shift, boolean flip) {
    this.images = images;
    this.preprocessing = preprocessing;
    this.shift = shift;
    this.flip = flip;
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
   * @param random where shifts and flips come from; unused if there are none
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
    int down = shift == 0 ? 0 : random.nextInt(2 * shift + 1) - shift;
    int right = shift == 0 ? 0 : random.nextInt(2 * shift + 1) - shift;
    boolean flipped = flip && random.nextBoolean();
    byte[] rgb = new byte[3 * height * width];
    for (int y = 0; y < height; y++) {
      int fromY = y + down;
      for (int x = 0; x < width; x++) {
        int fromX = (flipped ? width - 1 - x : x) + right;
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
