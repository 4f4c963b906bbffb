package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * A block of EfficientViM: a depthwise convolution, the mixer, another depthwise convolution and a
 * feed-forward network. Each step f changes the map to (1 - a) x + a f(x), with a = sigmoid(alpha),
 * one number a step and channel.
 */
final class EfficientViMBlock extends MapBlock {
  private static final float EPSILON = 1e-5f;
  private static final int STEPS = 4;

  private final Parameter alpha; // (4, C)
  private final HsmSsd mixer;
  private final LayerNorm norm;
  private final ConvLayer dwconv1;
  private final ConvLayer dwconv2;
  private final FeedForward ffn;

  EfficientViMBlock(EfficientViMConfig config, int stage) {
    int channels = config.channelsOf(stage);
    this.alpha = parameter("alpha", Initializers.constant(1e-4f), STEPS, channels);
    this.mixer = child("mixer", new HsmSsd(config, stage));
    this.norm = child("norm", new LayerNorm(channels, EPSILON, new Shape(1, channels, 1)));
    this.dwconv1 = child("dwconv1", ConvLayer.depthwise(channels));
    this.dwconv2 = child("dwconv2", ConvLayer.depthwise(channels));
    this.ffn = child("ffn", new FeedForward(channels, config.hiddenChannelsOf(stage)));
  }

  /** Two layers that see one pixel at a time, with ReLU between them. */
  private static final class FeedForward extends NamedBlock {
    final ConvLayer fc1;
    final ConvLayer fc2;

    FeedForward(int channels, int hidden) {
      fc1 = child("fc1", ConvLayer.pointwise(channels, hidden, true));
      fc2 = child("fc2", ConvLayer.pointwise(hidden, channels, false));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return fc2.forward(store, fc1.forward(store, x, training), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    Output output = forward(store, x, training, Probe.NONE, "");
    output.hidden().close();
    return output.map();
  }

  /**
   * (B, H, W, C) to the same shape and the hidden states (B, N, C).
   *
   * @param probe sees what every step gives, before it is mixed with its input
   */
  Output forward(ParameterStore store, NDArray x, boolean training, Probe probe, String name) {
    Shape shape = x.getShape();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDList a = Activation.sigmoid(value(store, alpha, x, training)).split(STEPS); // (1, C) each

      NDArray local = dwconv1.forward(store, x, training);
      probe.see(name + ".dwconv1", local);
      NDArray y = mix(x, local, a.get(0), training);

      NDArray tokens = y.reshape(shape.get(0), shape.get(1) * shape.get(2), shape.get(3));
      NDArray normed = norm.forward(store, tokens, training); // (B, L, C)
      probe.see(name + ".norm", normed);
      Output mixed = mixer.mix(store, normed, shape, training);
      probe.see(name + ".mixer", mixed.map());
      probe.see(name + ".mixer.hidden", mixed.hidden());
      y = mix(y, mixed.map(), a.get(1), training);

      y = mix(y, dwconv2.forward(store, y, training), a.get(2), training);

      NDArray refined = ffn.forward(store, y, training);
      probe.see(name + ".ffn", refined);
      y = mix(y, refined, a.get(3), training);
      NDScope.unregister(y, mixed.hidden());
      return new Output(y, mixed.hidden());
    }
  }

  /** (1 - a) x + a f. Outside training f, which nothing else reads, becomes the result. */
  private static NDArray mix(NDArray x, NDArray f, NDArray a, boolean training) {
    return training ? x.add(f.sub(x).mul(a)) : Casts.single(f).subi(x).muli(a).addi(x);
  }

  @Override
  public long multiplyAdds(long height, long width) {
    return dwconv1.multiplyAdds(height, width)
        + mixer.multiplyAdds(height, width)
        + dwconv2.multiplyAdds(height, width)
        + ffn.fc1.multiplyAdds(height, width)
        + ffn.fc2.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
