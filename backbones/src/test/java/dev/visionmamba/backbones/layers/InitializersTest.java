package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InitializersTest {
  private static final Shape SHAPE = new Shape(100, 200);

  private final NDManager manager = NDManager.newBaseManager();

  @BeforeEach
  void seed() {
    manager.getEngine().setRandomSeed(11);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray draw(Initializer initializer) {
    NDArray drawn = initializer.initialize(manager, SHAPE, DataType.FLOAT32);
    assertThat(drawn.getShape()).isEqualTo(SHAPE);
    assertThat(drawn.getDataType()).isEqualTo(DataType.FLOAT32);
    return drawn;
  }

  private static double deviation(NDArray drawn) {
    return Math.sqrt(drawn.square().mean().getFloat());
  }

  @Test
  void constantIsTheSameEverywhere() {
    assertThat(draw(Initializers.constant(0.3f))).isEqualTo(manager.full(SHAPE, 0.3f));
  }

  @Test
  void uniformFillsItsRange() {
    NDArray drawn = draw(Initializers.uniform(0.5));
    assertThat(drawn.max().getFloat()).isBetween(0.499f, 0.5f);
    assertThat(drawn.min().getFloat()).isBetween(-0.5f, -0.499f);
    assertThat(drawn.mean().getFloat()).isCloseTo(0f, within(0.012f));
    assertThat(deviation(drawn)).isCloseTo(0.5 / Math.sqrt(3), within(0.01));
  }

  @Test
  void defaultUniformFollowsTheInputs() {
    NDArray drawn = draw(Initializers.defaultUniform(16));
    assertThat(drawn.max().getFloat()).isBetween(0.249f, 0.25f);
    assertThat(drawn.min().getFloat()).isBetween(-0.25f, -0.249f);
  }

  /** -1, -2 and so on, and steps from 0.001 to 0.1, to the precision of what is asked for. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "FLOAT32", "FLOAT64"})
  void stateSpacesStartInThePrecisionThatIsAskedFor(DataType type) {
    double precision =
        switch (type) {
          case FLOAT16 -> 2e-3;
          case FLOAT32 -> 1e-6;
          default -> 1e-14;
        };
    NDArray logs = StateSpace.decay().initialize(manager, new Shape(3, 16), type);
    assertThat(logs.getDataType()).isEqualTo(type);
    double[] each = logs.toType(DataType.FLOAT64, false).toDoubleArray();
    for (int i = 0; i < each.length; i++) {
      assertThat(Math.exp(each[i])).isCloseTo(i % 16 + 1, withinPercentage(100 * precision));
    }
    NDArray bias = StateSpace.deltaBias().initialize(manager, new Shape(4, 500), type);
    assertThat(bias.getDataType()).isEqualTo(type);
    for (double value : bias.toType(DataType.FLOAT64, false).toDoubleArray()) {
      assertThat(Math.log1p(Math.exp(value))).isBetween(0.00099, 0.101);
    }
  }

  @Test
  void nothingButTheParameterIsLeft() {
    NDArray logs = StateSpace.decay().initialize(manager, new Shape(3, 16), DataType.FLOAT64);
    NDArray bias = StateSpace.deltaBias().initialize(manager, SHAPE, DataType.FLOAT16);
    assertThat(manager.getManagedArrays()).containsExactlyInAnyOrder(logs, bias);
  }

  @Test
  void truncatedNormalIsCutAtTwoDeviations() {
    NDArray drawn = draw(Initializers.truncatedNormal(0.02f));
    assertThat(drawn.max().getFloat()).isBetween(0.0395f, 0.04f);
    assertThat(drawn.min().getFloat()).isBetween(-0.04f, -0.0395f);
    assertThat(drawn.mean().getFloat()).isCloseTo(0f, within(0.001f));
    // The cut narrows a normal to 0.8796 of its width.
    assertThat(deviation(drawn)).isCloseTo(0.02 * 0.8796, within(0.0005));
  }
}
