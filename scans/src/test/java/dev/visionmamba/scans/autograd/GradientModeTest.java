package dev.visionmamba.scans.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.engine.Engine;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class GradientModeTest {

  @Test
  void restoresWhatWasBefore() {
    Engine.getInstance();
    for (boolean before : new boolean[] {true, false}) {
      try (GradientMode outer = GradientMode.set(before)) {
        try (GradientMode on = GradientMode.set(true)) {
          assertThat(GradientMode.isOn()).isTrue();
          try (GradientMode off = GradientMode.off()) {
            assertThat(GradientMode.isOn()).isFalse();
          }
          assertThat(GradientMode.isOn()).isTrue();
        }
        assertThat(GradientMode.isOn()).isEqualTo(before);
      }
    }
  }

  @Test
  void restoresAfterAnException() {
    Engine.getInstance();
    try (GradientMode outer = GradientMode.set(true)) {
      assertThatIllegalStateException()
          .isThrownBy(
              () -> {
                try (GradientMode off = GradientMode.off()) {
                  throw new IllegalStateException("inside");
                }
              });
      assertThat(GradientMode.isOn()).isTrue();
    }
  }

  @Test
  void concernsOneThread() throws Exception {
    Engine.getInstance();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (GradientMode off = GradientMode.off()) {
      other.submit(() -> GradientMode.set(true)).get();
      assertThat(GradientMode.isOn()).isFalse();
      assertThat(other.submit(GradientMode::isOn).get()).isTrue();
    } finally {
      other.shutdownNow();
    }
  }
}
