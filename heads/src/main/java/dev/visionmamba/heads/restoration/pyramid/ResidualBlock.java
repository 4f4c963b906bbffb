package dev.visionmamba.heads.restoration.pyramid;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * EDSR's residual block (arXiv:1707.02921, section 3.1), x + conv(act(conv(x))) without norms, its
 * activation a GELU.
 */
final class ResidualBlock extends NamedBlock {
  private final Conv2d conv1;
  private final Conv2d conv2;

  ResidualBlock(int channels) {
    Geometry geometry = Geometry.dense(3, 1, 1);
    conv1 = child("conv1", Conv2d.standard(channels, channels, geometry, true));
    conv2 = child("conv2", Conv2d.standard(channels, channels, geometry, true));
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDArray hidden = conv1.forward(store, x, training);
        NDArray active = Activation.gelu(hidden)) {
      NDArray branch = conv2.forward(store, active, training);
      if (!training) {
        return branch.addi(x);
      }
      try (branch) {
        return x.add(branch);
      }
    }
  }

  long multiplyAdds(long height, long width) {
    return conv1.multiplyAdds(height, width) + conv2.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
