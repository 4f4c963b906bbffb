package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Batch norms alone and folded into the convolutions before them. */
class BatchNormTest {
  private static final int CHANNELS = 3;
  private static final float EPSILON = 1e-5f;

  private final NDManager manager = NDManager.newBaseManager();
  private final ParameterStore store = new ParameterStore(manager, false);

  @AfterEach
  void close() {
    manager.close();
  }

  private BatchNorm started() {
    BatchNorm norm = new BatchNorm(CHANNELS, EPSILON);
    norm.initialize(manager, DataType.FLOAT32, new Shape(1));
    StateDict.of(norm).get("running_mean").addi(5f);
    StateDict.of(norm).get("running_var").muli(4f);
    return norm;
  }

  @Test
  void trainingMovesTheStatisticsATenthOfTheWay() {
    NDArray x = manager.randomNormal(new Shape(2, 4, 5, CHANNELS)).mul(3f).add(1f);
    BatchNorm norm = started();
    NDArray y = norm.forward(store, x, true);
    Map<String, NDArray> state = StateDict.of(norm);
    float[] means = state.get("running_mean").toFloatArray();
    float[] variances = state.get("running_var").toFloatArray();
    for (int c = 0; c < CHANNELS; c++) {
      float[] values = x.get("..., " + c).toFloatArray();
      double mean = 0;
      for (float value : values) {
        mean += value / values.length;
      }
      double squares = 0;
      for (float value : values) {
        squares += (value - mean) * (value - mean);
      }
      // The batch is normalised with the variance, the statistics get the unbiased estimate.
      assertThat((double) means[c]).isCloseTo(0.9 * 5 + 0.1 * mean, within(1e-5));
      assertThat((double) variances[c])
          .isCloseTo(0.9 * 4 + 0.1 * squares / (values.length - 1), within(1e-4));
      double deviation = Math.sqrt(squares / values.length + EPSILON);
      float[] normed = y.get("..., " + c).toFloatArray();
      for (int i = 0; i < normed.length; i++) {
        assertThat((double) normed[i]).isCloseTo((values[i] - mean) / deviation, within(1e-5));
      }
    }
  }

  @Test
  void aFrozenNormKeepsItsStatistics() {
    BatchNorm norm = started();
    norm.freezeParameters(true);
    NDArray x = manager.ones(new Shape(1, 2, 2, CHANNELS));
    float expected = (float) ((1 - 5) / Math.sqrt(4 + EPSILON));
    for (boolean training : new boolean[] {true, false}) {
      assertThat(norm.forward(store, x, training).toFloatArray())
          .usingComparatorWithPrecision(1e-5f)
          .containsOnly(expected);
    }
    assertThat(StateDict.of(norm).get("running_mean").toFloatArray()).containsOnly(5f);
    assertThat(StateDict.of(norm).get("running_var").toFloatArray()).containsOnly(4f);
  }

  @Test
  void foldingChangesNothingButTheRounding() {
    for (Conv2d.Geometry geometry :
        new Conv2d.Geometry[] {
          Conv2d.Geometry.dense(3, 2, 1),
          Conv2d.Geometry.dense(1, 1, 0),
          Conv2d.Geometry.depthwise(3, 1, CHANNELS)
        }) {
      Conv2d convolution = Conv2d.standard(CHANNELS, CHANNELS, geometry, false);
      convolution.initialize(manager, DataType.FLOAT32, new Shape(1));
      BatchNorm norm = started();
      StateDict.of(norm).get("bias").addi(0.5f);
      ConvNorm pair = new ConvNorm(convolution, norm);
      NDArray x = manager.randomNormal(new Shape(2, 5, 7, CHANNELS));
      float[] expected = pair.forward(store, x, false).toFloatArray();
      pair.fold();
      assertThat(pair.forward(store, x, false).toFloatArray())
          .containsExactly(expected, within(1e-5f));
      pair.fold();
      assertThat(pair.forward(store, x, false).toFloatArray())
          .containsExactly(expected, within(1e-5f));
      // Training unfolds: what it does to the norm is seen afterwards.
      pair.forward(store, x, true);
      float[] later = pair.forward(store, x, false).toFloatArray();
      assertThat(later[0]).isNotCloseTo(expected[0], within(1e-4f));
    }
  }
}
