package dev.visionmamba.scans.autograd;

import static dev.visionmamba.scans.autograd.Training.INPUT;
import static dev.visionmamba.scans.autograd.Training.assertSame;
import static dev.visionmamba.scans.autograd.Training.config;
import static dev.visionmamba.scans.autograd.Training.gradients;
import static dev.visionmamba.scans.autograd.Training.train;
import static dev.visionmamba.scans.autograd.Training.weights;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Model;
import ai.djl.training.Trainer;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A pass that throws leaves a trainer as if it had never been started. */
class FailedPassTest {

  /** Something that goes wrong in training. */
  private interface Failure {
    void in(ResidualNetwork network, Trainer trainer);
  }

  @Test
  void aFailedForwardPassLeavesNothingBehind() {
    check(
        (network, trainer) -> {
          network.broken = true;
          assertThatIllegalStateException()
              .isThrownBy(() -> train(trainer, 5))
              .withMessage("broken");
          network.broken = false;
        });
  }

  @Test
  void aFailedBackwardPassLeavesNothingBehind() {
    check(
        (network, trainer) -> {
          network.brokenBackwards = true;
          assertThatIllegalStateException()
              .isThrownBy(() -> train(trainer, 5))
              .withMessage("broken backwards");
          network.brokenBackwards = false;
          assertThat(gradients(network).values())
              .allSatisfy(gradient -> assertThat(gradient).containsOnly(0f));
        });
  }

  private static void check(Failure failure) {
    for (boolean before : new boolean[] {true, false}) {
      try (GradientMode mode = GradientMode.set(before)) {
        Map<String, float[]> expected = afterSteps((network, trainer) -> {});
        Map<String, float[]> actual =
            afterSteps(
                (network, trainer) -> {
                  failure.in(network, trainer);
                  assertThat(Tape.current()).isNull();
                  assertThat(GradientMode.isOn()).isEqualTo(before);
                });
        assertSame(actual, expected);
      }
    }
  }

  /** The weights after three steps, with failures before the first and between the others. */
  private static Map<String, float[]> afterSteps(Failure failure) {
    ResidualNetwork network = new ResidualNetwork();
    try (Model model = Model.newInstance("failing")) {
      model.setBlock(network);
      try (Trainer trainer = ScanTrainer.of(model, config())) {
        trainer.initialize(INPUT);
        for (int step = 0; step < 3; step++) {
          failure.in(network, trainer);
          train(trainer, step);
          trainer.step();
        }
        return weights(network);
      }
    }
  }
}
