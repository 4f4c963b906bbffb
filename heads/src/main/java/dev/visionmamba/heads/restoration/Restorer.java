package dev.visionmamba.heads.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.Prediction;
import dev.visionmamba.scans.autograd.GradientMode;

/**
 * A network from images to better images. Both are (B, channels, H, W), RGB or one channel, their
 * values in 0..1; what comes out may be a little outside and is not clamped. Its parameters have
 * the names and the order of the published state dict.
 */
public abstract class Restorer extends NamedBlock {

  /** For subclasses. */
  protected Restorer() {}

  /**
   * Restores images. In prediction nothing but the result is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), values in 0..1, sides of at least {@link #minimalSide()}
   * @param training whether this is a training step; if not, nothing is recorded for gradients
   * @return (B, channels, scale * H, scale * W), contiguous, in the images' manager
   * @throws IllegalArgumentException if the images have another shape or are too small
   */
  @Override
  public final NDArray forward(ParameterStore store, NDArray images, boolean training) {
    requireImages(images.getShape());
    boolean recorded = training && GradientMode.isOn();
    try (GradientMode mode = GradientMode.set(recorded)) {
      return Prediction.run(images, recorded, borrowed -> restore(store, borrowed, recorded));
    }
  }

  private void requireImages(Shape shape) {
    if (shape.dimension() != 4
        || shape.get(1) != channels()
        || Math.min(shape.get(2), shape.get(3)) < minimalSide()) {
      throw new IllegalArgumentException(
          String.format(
              "images must be (batch, %d, height, width) with sides of at least %d, but are %s",
              channels(), minimalSide(), shape));
    }
  }

  /**
   * Restores images that fit.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W)
   * @param training whether gradients are recorded; if not, intermediates may be closed or changed
   *     in place
   * @return (B, channels, scale * H, scale * W)
   */
  protected abstract NDArray restore(ParameterStore store, NDArray images, boolean training);

  /**
   * How much larger the output is.
   *
   * @return 1 for denoising and the like
   */
  public abstract int scale();

  /**
   * The channels of the images, in and out.
   *
   * @return 3 for RGB, 1 for grey
   */
  public abstract int channels();

  /**
   * What the sides are padded to inside: an image of such a size is worked on as it is. Images of
   * other sizes are padded as the reference does, at the right and the bottom, and the output is
   * cut.
   *
   * @return 1 if nothing is ever padded
   */
  public abstract int sizeMultiple();

  /**
   * The shortest side that an image may have; shorter ones cannot be padded.
   *
   * @return at least 1
   */
  public abstract int minimalSide();

  /**
   * What one image costs: one multiply-add is one operation, and a state update counts as nine, as
   * the papers count.
   *
   * @param height of the image that goes in, in pixels
   * @param width of the image that goes in, in pixels
   * @return multiply-adds
   */
  public abstract long multiplyAdds(int height, int width);

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), channels(), scale() * x.get(2), scale() * x.get(3))};
  }
}
