package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import org.junit.jupiter.api.Test;

class TrainingOptionsChangesTest {

  /** Each changes one thing and nothing else. */
  @Test
  void oneThingIsChangedAtATime() {
    TrainingOptions start = TrainingOptions.SMALL_IMAGES;
    TrainingOptions changed =
        start
            .withEpochs(3)
            .withBatchSize(7)
            .withLearningRate(0.5f)
            .withWarmup(0.25f)
            .withAugmentation(Augmentation.NONE)
            .withOptimizer(OptimizerKind.MUON)
            .withSeed(11);
    assertThat(changed)
        .isEqualTo(
            new TrainingOptions(
                3,
                7,
                0.5f,
                start.weightDecay(),
                0.25f,
                start.labelSmoothing(),
                Augmentation.NONE,
                start.mixing(),
                OptimizerKind.MUON,
                start.emaDecay(),
                start.tuning(),
                start.patience(),
                11));
    assertThatThrownBy(() -> start.withBatchSize(0)).isInstanceOf(IllegalArgumentException.class);
  }
}
