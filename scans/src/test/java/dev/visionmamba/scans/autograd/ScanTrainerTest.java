package dev.visionmamba.scans.autograd;

import static dev.visionmamba.scans.autograd.Training.INPUT;
import static dev.visionmamba.scans.autograd.Training.assertSame;
import static dev.visionmamba.scans.autograd.Training.config;
import static dev.visionmamba.scans.autograd.Training.gradients;
import static dev.visionmamba.scans.autograd.Training.inCollector;
import static dev.visionmamba.scans.autograd.Training.loss;
import static dev.visionmamba.scans.autograd.Training.train;
import static dev.visionmamba.scans.autograd.Training.weights;
import static dev.visionmamba.scans.autograd.Training.withBatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.util.Pair;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A network trained through the engines on the tape, beside the same network trained through DJL's
 * own operations by DJL's own trainer.
 */
class ScanTrainerTest {
  private final ResidualNetwork network = new ResidualNetwork();
  private final ResidualNetwork plainNetwork = new ResidualNetwork();
  private Model model;
  private Model plainModel;
  private Trainer trainer;
  private Trainer plainTrainer;

  @BeforeEach
  void startTraining() {
    model = Model.newInstance("taped");
    model.setBlock(network);
    trainer = ScanTrainer.of(model, config());
    plainModel = Model.newInstance("plain");
    plainModel.setBlock(plainNetwork);
    plainTrainer = plainModel.newTrainer(config());
    for (Trainer each : new Trainer[] {trainer, plainTrainer}) {
      each.initialize(INPUT);
    }
  }

  @AfterEach
  void endTraining() {
    trainer.close();
    plainTrainer.close();
    model.close();
    plainModel.close();
  }

  @Test
  void gradientsAreThoseOfAutograd() {
    trainBoth(0);
    assertThat(gradients(network)).hasSize(3 * 11);
    assertSame(gradients(network), gradients(plainNetwork));
    assertThat(gradients(network).values())
        .allSatisfy(gradient -> assertThat(gradient).isNotEqualTo(new float[gradient.length]));
  }

  @Test
  void weightsStayTogetherOverManySteps() {
    for (int step = 0; step < 20; step++) {
      trainBoth(step);
      trainer.step();
      plainTrainer.step();
    }
    assertSame(weights(network), weights(plainNetwork));
    assertThat(weights(network).get("01layer0_logA"))
        .isNotEqualTo(weights(new ResidualNetwork()).get("01layer0_logA"));
  }

  @Test
  void frozenLayersKeepTheirWeights() {
    for (int layer = 0; layer < 3; layer++) {
      network.freezeLayer(layer, true);
      plainNetwork.freezeLayer(layer, true);
      String prefix = "0" + (layer + 1) + "layer" + layer;
      Map<String, float[]> before = weights(network);
      trainBoth(layer);
      assertSame(without(prefix, gradients(network)), without(prefix, gradients(plainNetwork)));
      trainer.step();
      plainTrainer.step();
      weights(network)
          .forEach(
              (name, weight) -> {
                if (name.startsWith(prefix)) {
                  assertThat(weight).as(name).isEqualTo(before.get(name));
                } else {
                  assertThat(weight).as(name).isNotEqualTo(before.get(name));
                }
              });
      network.freezeLayer(layer, false);
      plainNetwork.freezeLayer(layer, false);
    }
  }

  private static Map<String, float[]> without(String prefix, Map<String, float[]> arrays) {
    arrays.keySet().removeIf(name -> name.startsWith(prefix));
    assertThat(arrays).hasSize(2 * 11);
    return arrays;
  }

  @Test
  void aFailedForwardLeavesNothingBehind() {
    network.broken = true;
    assertThatIllegalStateException().isThrownBy(() -> train(trainer, 1)).withMessage("broken");
    assertThat(Tape.current()).isNull();
    network.broken = false;
    trainBoth(0);
    assertSame(gradients(network), gradients(plainNetwork));
  }

  @Test
  void validationBetweenForwardAndBackwardChangesNothing() {
    inCollector(
        trainer,
        collector -> {
          withBatch(
              trainer,
              0,
              batch -> {
                NDArray loss = loss(trainer, batch, true);
                EasyTrain.validateBatch(trainer, batch);
                withBatch(trainer, 1, other -> EasyTrain.validateBatch(trainer, other));
                try (GradientMode off = GradientMode.off()) {
                  loss(trainer, batch, false);
                }
                collector.backward(loss);
                EasyTrain.validateBatch(trainer, batch);
              });
        });
    train(plainTrainer, 0);
    assertSame(gradients(network), gradients(plainNetwork));
  }

  @Test
  void gradientsAddUpWithinACollector() {
    for (Trainer each : new Trainer[] {trainer, plainTrainer}) {
      inCollector(
          each,
          collector -> {
            for (int seed = 0; seed < 2; seed++) {
              withBatch(each, seed, batch -> collector.backward(loss(each, batch, true)));
            }
          });
    }
    assertSame(gradients(network), gradients(plainNetwork));
  }

  @Test
  void severalLossesAreDifferentiatedInAnyOrder() {
    for (Trainer each : new Trainer[] {trainer, plainTrainer}) {
      inCollector(
          each,
          collector ->
              withBatch(
                  each,
                  0,
                  first ->
                      withBatch(
                          each,
                          1,
                          second -> {
                            NDArray loss = loss(each, first, true);
                            NDArray another = loss(each, second, true);
                            collector.backward(loss);
                            collector.backward(another);
                          })));
    }
    assertSame(gradients(network), gradients(plainNetwork));
  }

  @Test
  void aLossMayBeTheSumOfSeveralPasses() {
    for (Trainer each : new Trainer[] {trainer, plainTrainer}) {
      inCollector(
          each,
          collector ->
              withBatch(
                  each,
                  0,
                  batch -> {
                    NDArray second = loss(each, batch, true);
                    // Java's own number would lie in Java's memory, which autograd outlives.
                    NDArray half = second.getManager().full(second.getShape(), 0.5f);
                    collector.backward(loss(each, batch, true).add(second.mul(half)));
                  }));
    }
    assertSame(gradients(network), gradients(plainNetwork));
  }

  @Test
  void trainingKeepsNoArrays() {
    int before = 0;
    for (int step = 0; step < 6; step++) {
      train(trainer, step);
      trainer.step();
      int now = managedArrays();
      if (step > 0) {
        assertThat(now).as("arrays after step %d", step).isEqualTo(before);
      }
      before = now;
    }
  }

  private int managedArrays() {
    int count = model.getNDManager().getManagedArrays().size();
    count += trainer.getManager().getManagedArrays().size();
    for (Pair<String, Parameter> named : network.getParameters()) {
      count += named.getValue().getArray().getManager().getManagedArrays().size();
    }
    return count;
  }

  @Test
  void noTapeRecordsOutsideACollector() {
    assertThat(Tape.current()).isNull();
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray x = manager.ones(new Shape(2));
      assertThat(Tape.cut(x)).isSameAs(x);
      inCollector(
          trainer,
          collector -> {
            assertThat(Tape.current()).isNotNull();
            assertThat(Tape.cut(x)).isNotSameAs(x);
            try (GradientMode off = GradientMode.off()) {
              assertThat(Tape.current()).isNull();
            }
          });
    }
    assertThat(Tape.current()).isNull();
  }

  private void trainBoth(int seed) {
    train(trainer, seed);
    train(plainTrainer, seed);
  }
}
