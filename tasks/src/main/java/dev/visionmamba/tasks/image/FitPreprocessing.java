package dev.visionmamba.tasks.image;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.zoo.FitInput;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Pictures as the input of detectors and segmenters, as OpenMMLab prepares them: resized as a whole
 * by {@link BilinearResize}, normalised, and filled up with zeros on the right and below, or
 * stretched.
 *
 * @param input the sizes, and what levels are normalised by
 */
public record FitPreprocessing(FitInput input) {
  private static final int CHANNELS = 3;

  /** Refuses to do without. */
  public FitPreprocessing {
    Objects.requireNonNull(input, "input");
  }

  /**
   * The size that a picture is resized to.
   *
   * @param width of the picture
   * @param height of the picture
   * @return its new height and width, without what is filled up
   */
  public RescaleSize size(int width, int height) {
    RescaleSize size = RescaleSize.within(height, width, input.shorterSide(), input.longerSide());
    if (!input.stretched()) {
      return size;
    }
    int stretchedHeight = padded(size.height());
    int stretchedWidth = padded(size.width());
    return new RescaleSize(
        stretchedHeight,
        stretchedWidth,
        stretchedWidth / (double) width,
        stretchedHeight / (double) height);
  }

  /**
   * A side of the network's input.
   *
   * @param side of the resized picture
   * @return that, or the next multiple
   */
  public int padded(int side) {
    return RescaleSize.padded(side, input.multiple());
  }

  /**
   * Resizes and normalises, in 32-bit arithmetic.
   *
   * @param picture of any size
   * @param target takes (3, paddedHeight, paddedWidth) floats from its position on
   * @param paddedWidth at least the resized picture's width
   * @param paddedHeight at least the resized picture's height
   */
  public void write(PixelImage picture, FloatBuffer target, int paddedWidth, int paddedHeight) {
    RescaleSize size = size(picture.width(), picture.height());
    PixelImage resized = BilinearResize.resize(picture, size.width(), size.height());
    float[] row = new float[paddedWidth];
    for (int channel = 0; channel < CHANNELS; channel++) {
      float mean = input.mean().get(channel);
      float std = input.std().get(channel);
      for (int y = 0; y < paddedHeight; y++) {
        if (y == size.height()) {
          Arrays.fill(row, 0);
        }
        for (int x = 0, from = 3 * y * size.width() + channel;
            y < size.height() && x < size.width();
            x++, from += 3) {
          row[x] = ((resized.rgb()[from] & 0xFF) / 255f - mean) / std;
        }
        target.put(row);
      }
    }
  }

  /**
   * A network's input.
   *
   * @param manager gets the array
   * @param picture of any size
   * @return (1, 3, H, W), float32, as high and as wide as the resized and filled up picture
   */
  public NDArray toArray(NDManager manager, PixelImage picture) {
    RescaleSize size = size(picture.width(), picture.height());
    int height = padded(size.height());
    int width = padded(size.width());
    return HostMemory.write(
        manager,
        new Shape(1, CHANNELS, height, width),
        memory -> write(picture, memory, width, height));
  }
}
