package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * The channel attention block (CAB, section 3.2; the attention is RCAN's, arXiv:1807.02758): two
 * convolutions with fewer channels between them, then a gate a channel. Lightweight networks have
 * pointwise convolutions with depthwise ones after them, the second of these dilated.
 */
final class ChannelAttentionBlock extends NamedBlock {
  private static final int SQUEEZE = 30;

  /** Fewer would leave none where they are squeezed. */
  static final int LEAST_CHANNELS = SQUEEZE;

  private final Conv2d reduce;
  private final Conv2d reduceDepthwise; // null unless lightweight
  private final Conv2d expand;
  private final DilatedDepthwiseConv expandDepthwise; // null unless lightweight
  private final Linear squeeze;
  private final Linear excite;

  ChannelAttentionBlock(int channels, boolean lightweight) {
    int between = channels / (lightweight ? 2 : 3);
    Geometry geometry = lightweight ? Geometry.dense(1, 1, 0) : Geometry.dense(3, 1, 1);
    reduce = child("cab.0", Conv2d.standard(channels, between, geometry, true));
    String attention;
    if (lightweight) {
      Geometry depthwise = Geometry.depthwise(3, 1, between);
      reduceDepthwise = child("cab.1", Conv2d.standard(between, between, depthwise, true));
      expand = child("cab.3", Conv2d.standard(between, channels, geometry, true));
      expandDepthwise = child("cab.4", new DilatedDepthwiseConv(channels));
      attention = "cab.5.attention.";
    } else {
      reduceDepthwise = null;
      expand = child("cab.2", Conv2d.standard(between, channels, geometry, true));
      expandDepthwise = null;
      attention = "cab.3.attention.";
    }
    int squeezed = channels / SQUEEZE;
    squeeze = child(attention + "1", Linear.pointwise(channels, squeezed, 2, true));
    excite = child(attention + "3", Linear.pointwise(squeezed, channels, 2, true));
  }

  /** (B, H, W, C) to the same shape. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (NDArray map = x.transpose(0, 3, 1, 2); // (B, C, H, W)
        NDArray features = features(store, map, training)) {
      NDArray attended = Casts.single(features).transpose(0, 2, 3, 1); // (B, H, W, C)
      if (training) {
        return attended.mul(gate(store, attended, true));
      }
      return attended.muli(gate(store, attended, false));
    }
  }

  private NDArray features(ParameterStore store, NDArray x, boolean training) {
    try (NDArray reduced = reduced(store, x, training);
        NDArray active = Activation.gelu(reduced)) {
      if (expandDepthwise == null) {
        return expand.forwardChannelFirst(store, active, training);
      }
      try (NDArray expanded = expand.forwardChannelFirst(store, active, training)) {
        return expandDepthwise.forward(store, expanded, training);
      }
    }
  }

  private NDArray reduced(ParameterStore store, NDArray x, boolean training) {
    if (reduceDepthwise == null) {
      return reduce.forwardChannelFirst(store, x, training);
    }
    try (NDArray reduced = reduce.forwardChannelFirst(store, x, training)) {
      return reduceDepthwise.forwardChannelFirst(store, reduced, training);
    }
  }

  /** From the means of all channels over the map: (B, H, W, C) to (B, 1, 1, C). */
  private NDArray gate(ParameterStore store, NDArray x, boolean training) {
    Shape shape = x.getShape();
    long batch = shape.get(0);
    long channels = shape.get(3);
    try (NDArray tokens = x.reshape(batch, shape.get(1) * shape.get(2), channels);
        NDArray mean = tokens.mean(new int[] {1});
        NDArray squeezed = squeeze.forward(store, mean, training);
        NDArray active = Activation.relu(squeezed);
        NDArray excited = excite.forward(store, active, training);
        NDArray gate = Activation.sigmoid(excited)) {
      return gate.reshape(batch, 1, 1, channels);
    }
  }

  long multiplyAdds(long height, long width) {
    long cost = reduce.multiplyAdds(height, width) + expand.multiplyAdds(height, width);
    if (reduceDepthwise != null) {
      cost += reduceDepthwise.multiplyAdds(height, width);
      cost += expandDepthwise.multiplyAdds(height, width);
    }
    return cost + squeeze.multiplyAdds(1) + excite.multiplyAdds(1);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
