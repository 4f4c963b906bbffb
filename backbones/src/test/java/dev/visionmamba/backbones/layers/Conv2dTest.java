package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class Conv2dTest {
  private static final int CHANNELS = 6;

  private final NDManager manager = NDManager.newBaseManager();
  private final ParameterStore store = new ParameterStore(manager, false);

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @EnumSource(Precision.class)
  void channelFirstViewsGiveTheSame(Precision precision) {
    Geometry[] geometries = {
      Geometry.dense(1, 1, 0), Geometry.dense(3, 2, 1), Geometry.depthwise(3, 1, CHANNELS)
    };
    for (Geometry geometry : geometries) {
      Conv2d convolution = convolution(geometry);
      convolution.setPrecision(precision);
      NDArray x = manager.randomNormal(new Shape(2, 9, 7, CHANNELS));
      NDArray expected = convolution.forward(store, x, false);
      NDArray view = x.transpose(0, 3, 1, 2);
      NDArray y = convolution.forwardChannelFirst(store, view, false);
      assertThat(y.getDataType()).isEqualTo(precision.type());
      assertThat(y.getShape().get(1)).isEqualTo(CHANNELS);
      assertThat(y.transpose(0, 2, 3, 1).allClose(expected, 1e-5, 1e-5, false))
          .as("%s in %s", geometry, precision)
          .isTrue();
    }
  }

  @Test
  void aMapThatDoesNotFitIsRefused() {
    Conv2d convolution = convolution(Geometry.dense(3, 1, 0));
    NDArray last = manager.zeros(new Shape(1, 4, 5, CHANNELS));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> convolution.forwardChannelFirst(store, last, false))
        .withMessage(
            "a convolution's input must be (batch, 6, height, width), but is (1, 4, 5, 6)");
    NDArray first = manager.zeros(new Shape(1, CHANNELS, 5, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> convolution.forward(store, first, false))
        .withMessage(
            "a convolution's input must be (batch, height, width, 6), but is (1, 6, 5, 2)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> convolution.forwardChannelFirst(store, first, false))
        .withMessage("a map of 5x2 is smaller than the kernel of 3x3");
    NDArray small = first.transpose(0, 2, 3, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> convolution.forward(store, small, false))
        .withMessage("a map of 5x2 is smaller than the kernel of 3x3");
  }

  private Conv2d convolution(Geometry geometry) {
    Conv2d convolution = Conv2d.standard(CHANNELS, CHANNELS, geometry, true);
    convolution.initialize(manager, DataType.FLOAT32, new Shape(1));
    return convolution;
  }
}
