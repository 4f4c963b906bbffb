package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The last part of a network, from features to images (SwinIR, arXiv:2108.10257, section 3.1). */
public abstract class Reconstruction {
  /** Channels between the convolutions of the larger kinds. */
  private static final int FEATURES = 64;

  /** Of the LeakyReLU before upsampling. */
  private static final float SLOPE = 0.01f;

  private Reconstruction() {}

  /**
   * The reconstruction of a network.
   *
   * @param shape of the network
   * @param children takes its blocks by their names in the state dict
   * @return it
   */
  static Reconstruction of(RestorerShape shape, BiConsumer<String, NamedBlock> children) {
    return switch (shape.upsampling()) {
      case PIXEL_SHUFFLE -> new Shuffle(shape, children);
      case PIXEL_SHUFFLE_DIRECT -> new Direct(shape, children);
      case NEAREST_CONVOLUTION -> new Nearest(shape, children);
      case RESIDUAL -> new Residual(shape, children);
    };
  }

  /**
   * Makes images.
   *
   * @param store the parameter store
   * @param features (B, H, W, C)
   * @param pixels the images that the features are of, (B, H, W, channels)
   * @param training whether this is a training step
   * @return (B, scale * H, scale * W, channels)
   */
  abstract NDArray forward(
      ParameterStore store, NDArray features, NDArray pixels, boolean training);

  /** Multiply-adds for features of a size. */
  abstract long multiplyAdds(long height, long width);

  private static Conv2d convolution(
      BiConsumer<String, NamedBlock> children, String name, int in, int out) {
    Conv2d convolution = Conv2d.standard(in, out, Geometry.dense(3, 1, 1), true);
    children.accept(name, convolution);
    return convolution;
  }

  /** LeakyReLU of a convolution. */
  private static NDArray active(
      ParameterStore store, Conv2d convolution, NDArray x, float slope, boolean training) {
    try (NDArray y = convolution.forward(store, x, training)) {
      return Activation.leakyRelu(y, slope);
    }
  }

  private static final class Shuffle extends Reconstruction {
    private final Conv2d before;
    private final List<Conv2d> steps = new ArrayList<>();
    private final int factor;
    private final Conv2d last;

    Shuffle(RestorerShape shape, BiConsumer<String, NamedBlock> children) {
      int scale = shape.scale();
      factor = scale == 3 ? 3 : 2;
      before = convolution(children, "conv_before_upsample.0", shape.embedDim(), FEATURES);
      for (int reached = 1; reached < scale; reached *= factor) {
        String name = "upsample." + 2 * steps.size(); // the shuffles count, too
        steps.add(convolution(children, name, FEATURES, factor * factor * FEATURES));
      }
      last = convolution(children, "conv_last", FEATURES, shape.channels());
    }

    @Override
    NDArray forward(ParameterStore store, NDArray features, NDArray pixels, boolean training) {
      NDArray x = active(store, before, features, SLOPE, training);
      for (Conv2d step : steps) {
        try (NDArray small = x;
            NDArray wide = step.forward(store, small, training)) {
          x = Pixels.shuffle(wide, factor);
        }
      }
      try (NDArray large = x) {
        return last.forward(store, large, training);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      long cost = before.multiplyAdds(height, width);
      long scale = 1;
      for (Conv2d step : steps) {
        cost += step.multiplyAdds(scale * height, scale * width);
        scale *= factor;
      }
      return cost + last.multiplyAdds(scale * height, scale * width);
    }
  }

  private static final class Direct extends Reconstruction {
    private final int scale;
    private final Conv2d upsample;

    Direct(RestorerShape shape, BiConsumer<String, NamedBlock> children) {
      scale = shape.scale();
      int wide = scale * scale * shape.channels();
      upsample = convolution(children, "upsample.0", shape.embedDim(), wide);
    }

    @Override
    NDArray forward(ParameterStore store, NDArray features, NDArray pixels, boolean training) {
      try (NDArray wide = upsample.forward(store, features, training)) {
        return Pixels.shuffle(wide, scale);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      return upsample.multiplyAdds(height, width);
    }
  }

  private static final class Nearest extends Reconstruction {
    private static final float NEAREST_SLOPE = 0.2f;

    private final Conv2d before;
    private final Conv2d up1;
    private final Conv2d up2;
    private final Conv2d high;
    private final Conv2d last;

    Nearest(RestorerShape shape, BiConsumer<String, NamedBlock> children) {
      before = convolution(children, "conv_before_upsample.0", shape.embedDim(), FEATURES);
      up1 = convolution(children, "conv_up1", FEATURES, FEATURES);
      up2 = convolution(children, "conv_up2", FEATURES, FEATURES);
      high = convolution(children, "conv_hr", FEATURES, FEATURES);
      last = convolution(children, "conv_last", FEATURES, shape.channels());
    }

    @Override
    NDArray forward(ParameterStore store, NDArray features, NDArray pixels, boolean training) {
      try (NDArray x = active(store, before, features, SLOPE, training);
          NDArray twice = up(store, up1, x, training);
          NDArray fourTimes = up(store, up2, twice, training);
          NDArray refined = active(store, high, fourTimes, NEAREST_SLOPE, training)) {
        return last.forward(store, refined, training);
      }
    }

    private static NDArray up(
        ParameterStore store, Conv2d convolution, NDArray x, boolean training) {
      try (NDArray repeated = Pixels.twice(x)) {
        return active(store, convolution, repeated, NEAREST_SLOPE, training);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      return before.multiplyAdds(height, width)
          + up1.multiplyAdds(2 * height, 2 * width)
          + up2.multiplyAdds(4 * height, 4 * width)
          + high.multiplyAdds(4 * height, 4 * width)
          + last.multiplyAdds(4 * height, 4 * width);
    }
  }

  private static final class Residual extends Reconstruction {
    private final Conv2d last;

    Residual(RestorerShape shape, BiConsumer<String, NamedBlock> children) {
      last = convolution(children, "conv_last", shape.embedDim(), shape.channels());
    }

    @Override
    NDArray forward(ParameterStore store, NDArray features, NDArray pixels, boolean training) {
      try (NDArray residual = last.forward(store, features, training)) {
        return residual.add(pixels);
      }
    }

    @Override
    long multiplyAdds(long height, long width) {
      return last.multiplyAdds(height, width);
    }
  }
}
