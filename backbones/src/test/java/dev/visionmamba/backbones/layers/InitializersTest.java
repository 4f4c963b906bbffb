package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
