package dev.visionmamba.heads.restoration.pyramid;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.Pixels;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.heads.restoration.layers.Upsampling;

/**
 * From the last features to what is added to the image, in one of the ways of {@link Upsampling}.
 * Its last convolution starts at zero, so an untrained network adds nothing.
 */
final class ResidualImage extends NamedBlock {
  private static final Geometry GEOMETRY = Geometry.dense(3, 1, 1);

  /** Of the LeakyReLU after each step. */
  private static final float SLOPE = 0.1f;

  private final Upsampling upsampling;
  private final int scale;
  private final int factor;
  private final NamedBlocks<Conv2d> steps = new NamedBlocks<>();
  private final Conv2d last;

  ResidualImage(PyramidDecoderConfig config, int images) {
    upsampling = config.upsampling();
    scale = config.scale();
    int channels = config.channels();
    boolean direct = upsampling == Upsampling.PIXEL_SHUFFLE_DIRECT;
    factor = scale == 3 ? 3 : 2;
    int wide = upsampling == Upsampling.PIXEL_SHUFFLE ? factor * factor * channels : channels;
    for (int reached = 1; !direct && reached < scale; reached *= factor) {
      steps.add(Conv2d.standard(channels, wide, GEOMETRY, true));
    }
    child("upsample", steps);
    last =
        child(
            "conv_last",
            new Conv2d(
                channels,
                direct ? scale * scale * images : images,
                GEOMETRY,
                Initializers.constant(0f),
                Initializers.constant(0f)));
  }

  /** (B, H, W, C) to (B, scale * H, scale * W, channels of the images); x is used up. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray features = x;
    for (Conv2d step : steps.list()) {
      NDArray before = features;
      features =
          Scopes.run(() -> Activation.leakyRelu(enlarged(store, step, before, training), SLOPE));
      Scopes.release(training, before);
    }
    NDArray residual = last.forward(store, features, training);
    Scopes.release(training, features);
    if (upsampling != Upsampling.PIXEL_SHUFFLE_DIRECT) {
      return residual;
    }
    try (residual) {
      return Pixels.shuffle(residual, scale);
    }
  }

  private NDArray enlarged(ParameterStore store, Conv2d step, NDArray x, boolean training) {
    return upsampling == Upsampling.PIXEL_SHUFFLE
        ? Pixels.shuffle(step.forward(store, x, training), factor)
        : step.forward(store, Pixels.twice(x), training);
  }

  long multiplyAdds(long height, long width) {
    long cost = 0;
    long reached = 1;
    for (Conv2d step : steps.list()) {
      long side = upsampling == Upsampling.PIXEL_SHUFFLE ? reached : factor * reached;
      cost += step.multiplyAdds(side * height, side * width);
      reached *= factor;
    }
    return cost + last.multiplyAdds(reached * height, reached * width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    long images = last.weight().getShape().get(0);
    if (upsampling == Upsampling.PIXEL_SHUFFLE_DIRECT) {
      images /= (long) scale * scale;
    }
    return new Shape[] {new Shape(x.get(0), scale * x.get(1), scale * x.get(2), images)};
  }
}
