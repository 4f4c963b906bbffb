package dev.visionmamba.backbones;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Between networks and naive implementations over plain arrays. */
public final class Naive {
  private Naive() {}

  /** A network's parameters by name. */
  public static Map<String, float[]> weights(NamedBlock network) {
    Map<String, float[]> weights = new HashMap<>();
    StateDict.of(network).forEach((name, tensor) -> weights.put(name, tensor.toFloatArray()));
    return weights;
  }

  /** (C, H, W) as [channel][row][column]. */
  public static double[][][] image(NDArray image) {
    Shape shape = image.getShape();
    int height = (int) shape.get(1);
    int width = (int) shape.get(2);
    float[] values = image.toFloatArray();
    double[][][] copy = new double[(int) shape.get(0)][height][width];
    for (int i = 0; i < values.length; i++) {
      copy[i / (height * width)][i / width % height][i % width] = values[i];
    }
    return copy;
  }

  /** Whether all elements agree but for rounding: 1e-5 of the greatest. */
  public static void assertClose(NDArray actual, double[] expected) {
    float[] values = actual.toFloatArray();
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(values).hasSize(expected.length);
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i]).isCloseTo(expected[i], within(1e-5 * scale));
    }
  }
}
