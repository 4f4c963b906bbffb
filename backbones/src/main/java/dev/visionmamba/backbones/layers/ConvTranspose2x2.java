package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/**
 * A transposed convolution by 2x2 pixels in steps of two over channel-last maps: every pixel
 * becomes four, with no overlap, so it is a linear layer. Parameters {@code weight} (in, out, 2, 2)
 * and {@code bias} (out).
 */
public final class ConvTranspose2x2 extends NamedBlock {
  private final int in;
  private final int out;
  private final Parameter weight;
  private final Parameter bias;

  /**
   * A layer that starts as PyTorch's does by default.
   *
   * @param in input channels
   * @param out output channels
   */
  public ConvTranspose2x2(int in, int out) {
    this(in, out, Initializers.defaultUniform(4L * out), Initializers.defaultUniform(4L * out));
  }

  /**
   * A layer.
   *
   * @param in input channels
   * @param out output channels
   * @param weightInitializer how the weight starts
   * @param biasInitializer how the bias starts
   */
  public ConvTranspose2x2(
      int in, int out, Initializer weightInitializer, Initializer biasInitializer) {
    this.in = in;
    this.out = out;
    this.weight = ofProduct("weight", weightInitializer, in, out, 2, 2);
    this.bias = ofProduct("bias", biasInitializer, out);
  }

  /** (B, H, W, in) to (B, 2H, 2W, out). */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    Shape shape = x.getShape();
    long batch = shape.get(0);
    long height = shape.get(1);
    long width = shape.get(2);
    try (NDArray columns = value(store, weight, x, training).reshape(in, 4L * out);
        NDArray rows = columns.transpose(); // (4 out, in)
        NDArray four = Linear.apply(x, rows, null).reshape(batch, height, width, out, 2, 2);
        NDArray apart = four.transpose(0, 1, 4, 2, 5, 3); // (B, H, 2, W, 2, out)
        NDArray y = apart.reshape(batch, 2 * height, 2 * width, out)) {
      return y.add(value(store, bias, x, training));
    }
  }

  /**
   * What the layer costs.
   *
   * @param height of the input
   * @param width of the input
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    return height * width * weight.getShape().size();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), 2 * x.get(1), 2 * x.get(2), out)};
  }
}
