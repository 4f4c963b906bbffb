package dev.visionmamba.backbones.vim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import ai.djl.util.Pair;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Stochastic depth in training: the tape and autograd leave out the same samples' branches. */
class DropPathTrainingTest {
  private static final int IMAGES = 6;
  private static final Shape INPUT = new Shape(IMAGES, 3, 12, 12);

  /** Makes a trainer from a model and a configuration. */
  private interface Trainers {
    Trainer of(Model model, TrainingConfig config);
  }

  @Test
  void gradientsAreThoseOfAutograd() {
    Map<String, float[]> taped = gradients(0.6, ScanTrainer::of);
    Map<String, float[]> autograd = gradients(0.6, Model::newTrainer);
    assertThat(taped.keySet()).isEqualTo(autograd.keySet());
    autograd.forEach(
        (name, expected) -> {
          float scale = 0;
          for (float value : expected) {
            scale = Math.max(scale, Math.abs(value));
          }
          assertThat(taped.get(name)).as(name).containsExactly(expected, within(2e-5f * scale));
        });
    String last = "layers.3.mixer.out_proj.weight";
    assertThat(taped.get(last)).isNotEqualTo(gradients(0, ScanTrainer::of).get(last));
  }

  @Test
  void aBranchLeftOutForEverySampleIsNotTrained() {
    // The last of 4 blocks is left out of all 6 samples with a chance of 1 - 4e-5.
    Map<String, float[]> gradients = gradients(0.99999, ScanTrainer::of);
    assertThat(gradients.get("layers.3.mixer.out_proj.weight")).containsOnly(0f);
    assertThat(gradients.get("layers.0.mixer.out_proj.weight")).doesNotContain(0f);
  }

  private static Map<String, float[]> gradients(double rate, Trainers trainers) {
    Vim vim =
        new Vim(
            VimConfig.TINY.with(
                Map.of(
                    "img_size",
                    12,
                    "patch_size",
                    4,
                    "stride",
                    4,
                    "embed_dim",
                    24,
                    "depth",
                    4,
                    "d_state",
                    4,
                    "drop_path_rate",
                    rate)));
    try (Model model = Model.newInstance("vim");
        NDManager manager = NDManager.newBaseManager()) {
      manager.getEngine().setRandomSeed(9);
      model.setBlock(vim);
      try (Trainer trainer = trainers.of(model, new DefaultTrainingConfig(new MeanSquare()))) {
        trainer.initialize(INPUT);
        NDArray images = manager.randomNormal(INPUT);
        NDArray map = manager.randomNormal(new Shape(IMAGES, 24, 3, 3));
        manager.getEngine().setRandomSeed(10);
        EasyTrain.trainBatch(
            trainer,
            new Batch(
                manager,
                new NDList(images),
                new NDList(map),
                IMAGES,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                1));
        Map<String, float[]> gradients = new LinkedHashMap<>();
        for (Pair<String, Parameter> named : vim.getParameters()) {
          gradients.put(named.getKey(), named.getValue().getArray().getGradient().toFloatArray());
        }
        return gradients;
      }
    }
  }

  /** The mean of the squared differences. */
  private static final class MeanSquare extends Loss {
    MeanSquare() {
      super("MeanSquare");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      return labels.head().sub(predictions.head()).square().mean();
    }
  }
}
