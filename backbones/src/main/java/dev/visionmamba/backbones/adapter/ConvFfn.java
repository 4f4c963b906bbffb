package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.List;

/**
 * fc2(GELU(dwconv(fc1(c)))) over the tokens of several maps, the depthwise 3x3 convolution over
 * each map by itself. Parameters {@code fc1}, {@code dwconv.dwconv} and {@code fc2}, with biases.
 */
final class ConvFfn extends NamedBlock {
  private final Linear fc1;
  private final Convolution dwconv;
  private final Linear fc2;

  ConvFfn(int channels, int hidden) {
    this.fc1 = child("fc1", Linear.truncatedNormal(channels, hidden, true));
    this.dwconv = child("dwconv", new Convolution(hidden));
    this.fc2 = child("fc2", Linear.truncatedNormal(hidden, channels, true));
  }

  /** One convolution for all maps, named by two names as published. */
  private static final class Convolution extends NamedBlock {
    private final Conv2d dwconv;

    Convolution(int channels) {
      this.dwconv =
          child(
              "dwconv",
              new Conv2d(
                  channels,
                  channels,
                  Geometry.depthwise(3, 1, channels),
                  Initializers.heNormal(9),
                  Initializers.constant(0f)));
    }

    /** (B, H, W, C) to the same shape. */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return dwconv.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }

  /** (B, N, C) to the same shape, N the tokens of the maps. */
  NDArray forward(ParameterStore store, NDArray tokens, List<MapSize> maps, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray hidden = fc1.forward(store, tokens, training); // (B, N, hidden)
      NDList convolved = new NDList();
      int first = 0;
      for (MapSize map : maps) {
        NDArray x = map(hidden, first, map);
        NDArray y = dwconv.forward(store, x, training);
        convolved.add(y.reshape(x.getShape().get(0), map.tokens(), x.getShape().get(3)));
        first += map.tokens();
      }
      NDArray active = Activation.gelu(NDArrays.concat(convolved, 1));
      NDArray output = fc2.forward(store, active, training);
      NDScope.unregister(output);
      return output;
    }
  }

  /** The map whose tokens begin with a number: (B, N, C) to (B, H, W, C). */
  static NDArray map(NDArray tokens, int first, MapSize size) {
    NDIndex range = new NDIndex().addAllDim().addSliceDim(first, first + size.tokens());
    Shape shape = tokens.getShape();
    return tokens.get(range).reshape(shape.get(0), size.height(), size.width(), shape.get(2));
  }

  long multiplyAdds(long tokens) {
    return fc1.multiplyAdds(tokens)
        + dwconv.dwconv.multiplyAdds(tokens, 1)
        + fc2.multiplyAdds(tokens);
  }

  /** Needs the maps' sizes. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("the feed-forward needs the sizes of the maps");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
