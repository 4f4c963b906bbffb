package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Layers that see one pixel at a time, with parameters shaped as the references' convolutions. */
class PointwiseTest {
  private final NDManager manager = NDManager.newBaseManager();
  private final ParameterStore store = new ParameterStore(manager, false);

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void theWeightsShapeChangesNothingElse() throws Exception {
    for (long side : new long[] {3, 40}) { // a matrix product, and a convolution
      NDArray weight = manager.randomNormal(new Shape(64, 48));
      NDArray bias = manager.randomNormal(new Shape(64));
      NDArray x = manager.randomNormal(new Shape(1, side, side, 48));
      Linear plain = Linear.truncatedNormal(48, 64, true);
      load(plain, weight, bias, new Shape(64, 48));
      float[] expected = plain.forward(store, x, false).toFloatArray();
      Linear byOneAxis = Linear.pointwise(48, 64, 1, true);
      load(byOneAxis, weight, bias, new Shape(64, 48, 1));
      assertThat(byOneAxis.forward(store, x, false).toFloatArray()).containsExactly(expected);
      Linear byTwoAxes = Linear.pointwise(48, 64, 2, true);
      load(byTwoAxes, weight, bias, new Shape(64, 48, 1, 1));
      assertThat(byTwoAxes.forward(store, x, false).toFloatArray()).containsExactly(expected);
      Conv2d convolution = Conv2d.standard(48, 64, Conv2d.Geometry.dense(1, 1, 0), true);
      load(convolution, weight, bias, new Shape(64, 48, 1, 1));
      assertThat(convolution.forward(store, x, false).toFloatArray()).containsExactly(expected);
    }
  }

  private void load(NamedBlock layer, NDArray weight, NDArray bias, Shape shape) throws Exception {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("weight", weight.reshape(shape));
    tensors.put("bias", bias.duplicate());
    StateDict.load(layer, tensors, manager);
  }

  @Test
  void aNormsParametersMayHaveMoreAxes() {
    NDArray x = manager.randomNormal(new Shape(2, 4, 3));
    LayerNorm plain = new LayerNorm(3, 1e-5f);
    LayerNorm stored = new LayerNorm(3, 1e-5f, new Shape(1, 3, 1));
    for (LayerNorm norm : new LayerNorm[] {plain, stored}) {
      norm.initialize(manager, DataType.FLOAT32, new Shape(1));
      NDArray scale = manager.create(new float[] {2, 3, 5});
      NDArray weight = StateDict.of(norm).get("weight");
      weight.muli(scale.reshape(weight.getShape()));
    }
    assertThat(stored.getDirectParameters().get("bias").getShape()).isEqualTo(new Shape(1, 3, 1));
    assertThat(stored.forward(store, x, false)).isEqualTo(plain.forward(store, x, false));
  }

  @Test
  void squeezeAndExcitationGatesByTheMeans() {
    SqueezeExcite gate = new SqueezeExcite(12, 0.25); // 3 channels, rounded to 8
    gate.initialize(manager, DataType.FLOAT32, new Shape(1));
    Map<String, NDArray> state = StateDict.of(gate);
    assertThat(state.get("fc1.weight").getShape()).isEqualTo(new Shape(8, 12, 1, 1));
    assertThat(state.get("fc2.weight").getShape()).isEqualTo(new Shape(12, 8, 1, 1));
    assertThat(gate.multiplyAdds()).isEqualTo(192);
    NDArray x = manager.randomNormal(new Shape(2, 3, 5, 12));
    NDArray y = gate.forward(store, x, false);
    for (int image = 0; image < 2; image++) {
      double[] hidden = new double[8];
      double[] means =
          x.get(image)
              .reshape(15, 12)
              .mean(new int[] {0})
              .toType(DataType.FLOAT64, false)
              .toDoubleArray();
      float[] first = state.get("fc1.weight").toFloatArray();
      float[] firstBias = state.get("fc1.bias").toFloatArray();
      for (int j = 0; j < hidden.length; j++) {
        hidden[j] = firstBias[j];
        for (int c = 0; c < 12; c++) {
          hidden[j] += first[j * 12 + c] * means[c];
        }
        hidden[j] = Math.max(0, hidden[j]);
      }
      float[] second = state.get("fc2.weight").toFloatArray();
      float[] secondBias = state.get("fc2.bias").toFloatArray();
      for (int c = 0; c < 12; c++) {
        double logit = secondBias[c];
        for (int j = 0; j < hidden.length; j++) {
          logit += second[c * 8 + j] * hidden[j];
        }
        double expected = 1 / (1 + Math.exp(-logit));
        float[] in = x.get(image).get("..., " + c).toFloatArray();
        float[] out = y.get(image).get("..., " + c).toFloatArray();
        for (int i = 0; i < in.length; i++) {
          assertThat((double) out[i]).isCloseTo(in[i] * expected, within(1e-5));
        }
      }
    }
  }
}
