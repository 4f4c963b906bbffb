package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.scans.autograd.InputGradient;

/**
 * How much each pixel counts for what a network sees in the middle of a feature map (Luo et al.
 * 2016, arXiv:1701.04128): the gradient of the map's middle, its positive channels added up, with
 * respect to the images, its positive part summed over images and channels, as RepLKNet (Ding et
 * al. 2022, arXiv:2203.06717) and VMamba measure it.
 */
public final class EffectiveReceptiveField {
  private final int height;
  private final int width;
  private final double centreY;
  private final double centreX;
  private final float[] contributions;

  private EffectiveReceptiveField(
      int height, int width, double centreY, double centreX, float[] contributions) {
    this.height = height;
    this.width = width;
    this.centreY = centreY;
    this.centreX = centreX;
    this.contributions = contributions;
  }

  /**
   * Measures the field of a level's middle: of row h/2 and column w/2 of its map (h, w). The
   * network runs as in training, so one with stochastic depth should be made with a rate of 0;
   * batch norms that are frozen, as in a loaded model, keep their statistics. Parameters that are
   * not frozen get gradients.
   *
   * @param backbone an initialised network
   * @param images (B, channels, H, W), normalised; the field is the sum over them
   * @param level which level of the feature pyramid, 0 for the finest
   * @return the field
   * @throws IllegalArgumentException if there is no such level, or the images have other channels
   *     or are too small
   */
  public static EffectiveReceptiveField of(Backbone backbone, NDArray images, int level) {
    int levels = backbone.levels().size();
    if (level < 0 || level >= levels) {
      throw new IllegalArgumentException(
          "the level must be 0 to " + (levels - 1) + ", got " + level);
    }
    Shape shape = Maps.requireImages(images.getShape(), backbone.imageChannels());
    int height = Math.toIntExact(shape.get(2));
    int width = Math.toIntExact(shape.get(3));
    long[] middle = new long[2];
    try (NDManager manager = images.getManager().newSubManager()) {
      NDArray input = images.reshape(shape);
      input.attach(manager);
      NDArray gradient =
          InputGradient.of(
              input,
              pixels -> {
                ParameterStore store = new ParameterStore(pixels.getManager(), false);
                NDArray map =
                    backbone.features(store, pixels, true, Probe.NONE).levels().get(level).map();
                middle[0] = map.getShape().get(2) / 2;
                middle[1] = map.getShape().get(3) / 2;
                return Activation.relu(map.get(":, :, {}, {}", middle[0], middle[1])).sum();
              });
      int stride = backbone.levels().get(level).stride();
      return new EffectiveReceptiveField(
          height,
          width,
          (middle[0] + 0.5) * stride,
          (middle[1] + 0.5) * stride,
          Activation.relu(gradient).sum(new int[] {0, 1}).toFloatArray());
    }
  }

  /**
   * Rows of the images.
   *
   * @return pixels
   */
  public int height() {
    return height;
  }

  /**
   * Columns of the images.
   *
   * @return pixels
   */
  public int width() {
    return width;
  }

  /**
   * What every pixel contributes.
   *
   * @return a copy, row after row: (height, width), at least 0 each
   */
  public float[] contributions() {
    return contributions.clone();
  }

  /**
   * How much of all that is contributed comes from a square about the middle.
   *
   * @param side of the square in pixels, at least 0; it may reach out of the images
   * @return 0 to 1; 0 too if nothing contributes
   */
  public double share(int side) {
    double inside = 0;
    double all = 0;
    for (int i = 0; i < contributions.length; i++) {
      all += contributions[i];
      double down = Math.abs(i / width + 0.5 - centreY);
      double across = Math.abs(i % width + 0.5 - centreX);
      if (Math.max(down, across) <= side / 2.0) {
        inside += contributions[i];
      }
    }
    return all == 0 ? 0 : inside / all;
  }
}
