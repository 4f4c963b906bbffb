package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * A convolution by 3x3 pixels without bias, a layer norm over channels and ReLU; as in detectron2
 * the norm is the convolution's child.
 */
final class NormedConvolution extends NamedBlock {
  private static final float EPSILON = 1e-6f;

  private final int out;
  private final Parameter weight;
  private final LayerNorm norm;

  NormedConvolution(int in, int out) {
    this.out = out;
    this.weight = ofProduct("weight", Starts.heNormal(out, Starts.AROUND), out, in, 3, 3);
    this.norm = child("norm", new LayerNorm(out, EPSILON));
  }

  /** (n, H, W, in) to (n, H, W, out). */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDArray convolved =
            Conv2d.apply(x, value(store, weight, x, training), null, Starts.AROUND);
        NDArray normed = norm.forward(store, convolved, training)) {
      return Activation.relu(normed);
    }
  }

  /** What a map of such a size costs. */
  long multiplyAdds(long height, long width) {
    return height * width * weight.getShape().size();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].slice(0, 3).add(out)};
  }
}
