package dev.visionmamba.golden;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GoldenTensorTest {

  @Test
  void valuesFollowFromTheName() {
    double[] want = {
      -0.8043633699417114, 0.30472075939178467, -0.5927515029907227, -0.45111072063446045
    };
    for (int i = 0; i < want.length; i++) {
      assertThat(GoldenTensor.uniform("input", i)).isEqualTo(want[i]);
    }
  }
}
