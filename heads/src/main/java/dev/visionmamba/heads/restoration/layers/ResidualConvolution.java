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

/**
 * The convolution at the end of a residual group and of all groups: one of 3x3 pixels ({@code
 * 1conv}), or three over a quarter of the channels with LeakyReLU between them ({@code 3conv}).
 */
public final class ResidualConvolution {
  /** The names of the two kinds. */
  public static final List<String> WORDS = List.of("1conv", "3conv");

  private static final float SLOPE = 0.2f;

  private final List<Conv2d> steps = new ArrayList<>();

  /**
   * The convolutions of a block.
   *
   * @param word one of {@link #WORDS}
   * @param channels in and out
   * @param name of the block in the state dict
   * @param children takes the convolutions by their names
   */
  public ResidualConvolution(
      String word, int channels, String name, BiConsumer<String, NamedBlock> children) {
    if (word.equals("1conv")) {
      add(name, children, convolution(channels, channels, 3));
      return;
    }
    int quarter = channels / 4;
    add(name + ".0", children, convolution(channels, quarter, 3));
    add(name + ".2", children, convolution(quarter, quarter, 1));
    add(name + ".4", children, convolution(quarter, channels, 3));
  }

  private void add(String name, BiConsumer<String, NamedBlock> children, Conv2d convolution) {
    steps.add(convolution);
    children.accept(name, convolution);
  }

  private static Conv2d convolution(int in, int out, int kernel) {
    return Conv2d.standard(in, out, Geometry.dense(kernel, 1, kernel / 2), true);
  }

  /**
   * Applies it.
   *
   * @param store the parameter store
   * @param x (B, H, W, channels)
   * @param training whether this is a training step
   * @return of the same shape
   */
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = steps.get(0).forward(store, x, training);
    for (Conv2d step : steps.subList(1, steps.size())) {
      try (NDArray before = y;
          NDArray active = Activation.leakyRelu(before, SLOPE)) {
        y = step.forward(store, active, training);
      }
    }
    return y;
  }

  /**
   * What it costs.
   *
   * @param height of the map
   * @param width of the map
   * @return multiply-adds
   */
  public long multiplyAdds(long height, long width) {
    return steps.stream().mapToLong(step -> step.multiplyAdds(height, width)).sum();
  }
}
