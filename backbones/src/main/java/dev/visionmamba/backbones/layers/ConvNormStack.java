package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Some convolutions without bias, after each a batch norm and an activation. Numbered as PyTorch
 * numbers such a sequence: convolution 3i, its norm 3i + 1, and a number for the activation.
 */
public final class ConvNormStack extends MapBlock {
  private static final float EPSILON = 1e-5f;

  private final List<ConvNorm> pairs = new ArrayList<>();
  private final List<Conv2d> convolutions;
  private final UnaryOperator<NDArray> activation;

  /**
   * A stack.
   *
   * @param activation after every norm
   * @param convolutions in their order, without bias
   */
  public ConvNormStack(UnaryOperator<NDArray> activation, List<Conv2d> convolutions) {
    this.activation = activation;
    this.convolutions = List.copyOf(convolutions);
    for (int i = 0; i < convolutions.size(); i++) {
      Conv2d convolution = child(Integer.toString(3 * i), convolutions.get(i));
      int out = Math.toIntExact(convolution.weight().getShape().get(0));
      BatchNorm norm = child(Integer.toString(3 * i + 1), new BatchNorm(out, EPSILON));
      pairs.add(new ConvNorm(convolution, norm));
    }
  }

  /** (B, H, W, in) to (B, H', W', out); the input itself if there is no convolution. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (ConvNorm pair : pairs) {
      NDArray before = y;
      try (NDArray normed = pair.forward(store, before, training)) {
        y = activation.apply(normed);
      }
      if (before != x) {
        before.close();
      }
    }
    return y;
  }

  @Override
  public void foldNorms() {
    pairs.forEach(ConvNorm::fold);
  }

  /**
   * The length of a side after all convolutions.
   *
   * @param side that of the input
   * @return 0 or less if a kernel does not fit
   */
  public long outputSide(long side) {
    long length = side;
    for (Conv2d convolution : convolutions) {
      length = convolution.geometry().outputSide(length);
    }
    return length;
  }

  @Override
  public long multiplyAdds(long height, long width) {
    long cost = 0;
    long h = height;
    long w = width;
    for (Conv2d convolution : convolutions) {
      cost += convolution.multiplyAdds(h, w);
      h = convolution.geometry().outputSide(h);
      w = convolution.geometry().outputSide(w);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] shapes = inputShapes;
    for (Conv2d convolution : convolutions) {
      shapes = convolution.getOutputShapes(shapes);
    }
    return shapes;
  }
}
