package dev.visionmamba.heads.restoration;

import static dev.visionmamba.heads.SmallTraining.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import dev.visionmamba.heads.SmallTraining;
import dev.visionmamba.heads.SmallTraining.Trainers;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A small network of each kind learns, and its gradients through the tape are autograd's. */
class RestorerTrainingTest {
  private static final double TOLERANCE = 2e-5;
  private static final String IMAGES = "images";

  /** A small network. */
  private record Small(String variant, Shape input, Map<String, Object> arguments) {
    Restorer create() {
      return Restorers.create(variant, arguments);
    }

    @Override
    public String toString() {
      return variant;
    }
  }

  static Stream<Small> networks() {
    Map<String, Object> mambaIR =
        Map.of("embed_dim", 30, "depths", List.of(2, 1), "d_state", 3, "drop_path_rate", 0.2);
    Map<String, Object> twoHeads =
        Map.of(
            "embed_dim",
            12,
            "depths",
            List.of(2, 1),
            "d_state",
            3,
            "num_heads",
            List.of(2, 3),
            "window_size",
            4,
            "inner_rank",
            5,
            "num_tokens",
            6);
    Map<String, Object> threeConvolutions = new HashMap<>(mambaIR);
    threeConvolutions.put("resi_connection", "3conv");
    Map<String, Object> wider = new HashMap<>(mambaIR);
    wider.put("embed_dim", 60);
    return Stream.of(
        new Small("mambair_light_x2", new Shape(2, 3, 5, 6), mambaIR),
        new Small("mambair_sr_x3", new Shape(2, 3, 4, 5), wider),
        new Small("mambair_car", new Shape(2, 1, 5, 6), threeConvolutions),
        new Small(
            "mambair_realdn",
            new Shape(2, 3, 8, 13), // the width is padded
            Map.of(
                "dim",
                30,
                "num_blocks",
                List.of(1, 1, 1, 1),
                "num_refinement_blocks",
                1,
                "drop_path_rate",
                0.2)),
        new Small("mambairv2_light_x2", new Shape(2, 3, 8, 6), twoHeads),
        new Small("mambairv2_colordn", new Shape(2, 3, 7, 8), twoHeads));
  }

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A network whose weights are drawn from a seed. */
  private SmallTraining training(Small small) {
    boolean scaled = !small.variant().equals("mambair_realdn");
    return new SmallTraining(
        manager,
        6,
        small::create,
        small.input(),
        (name, weight) ->
            name.endsWith("attention.1.bias")
                ? weight.abs().add(1f) // else its ReLU may be dead
                : weight.mul(scaled ? scale(name) : 1f));
  }

  /** Weights larger than at the start of training, so that every gradient is worth comparing. */
  private static float scale(String name) {
    if (name.endsWith("scale1")
        || name.endsWith("scale2") && name.contains("residual_group.layers")) {
      return 5e3f;
    }
    return name.matches(".*(_proj|fc[12]|wqkv|proj|route.*|bias_table)(.weight)?") ? 5f : 1f;
  }

  /** The loss of a batch, always the same; gradients are left with the parameters. */
  private float backward(
      Small small, Trainer trainer, DataType type, Map<String, double[]> gradients) {
    try (NDManager batch = trainer.getManager().newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      manager.getEngine().setRandomSeed(7);
      NDArray images = batch.randomUniform(0f, 1f, small.input()).toType(type, false);
      Shape outputs = trainer.getModel().getBlock().getOutputShapes(new Shape[] {small.input()})[0];
      NDArray wanted = batch.randomUniform(0f, 1f, outputs).toType(type, false);
      if (gradients != null) {
        images.setRequiresGradient(true);
      }
      NDList restored = trainer.forward(new NDList(images));
      // DJL's own loss multiplies by a number that lies in Java's memory, which autograd outlives.
      NDArray loss = restored.head().sub(wanted).square().mean();
      System.gc(); // what autograd has saved must not lie in memory that Java has forgotten
      collector.backward(loss);
      if (gradients != null) {
        gradients.put(IMAGES, SmallTraining.doubles(images.getGradient()));
      }
      return loss.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private Map<String, double[]> gradients(Small small, DataType type, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    training(small)
        .run(
            type,
            trainers,
            trainer -> {
              backward(small, trainer, type, gradients);
              gradients.putAll(SmallTraining.gradients(trainer));
            });
    return gradients;
  }

  @ParameterizedTest
  @MethodSource("networks")
  void theTapeGivesTheGradientsOfAutograd(Small small) {
    Map<String, double[]> taped = gradients(small, DataType.FLOAT32, ScanTrainer::of);
    assertThat(taped).containsKey(IMAGES).hasSizeGreaterThan(50);
    assertClose(taped, gradients(small, DataType.FLOAT32, Model::newTrainer), TOLERANCE);
    assertClose(taped, gradients(small, DataType.FLOAT64, Model::newTrainer), TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void imagesAreLearnedByHeart(Small small) {
    training(small)
        .run(
            DataType.FLOAT32,
            ScanTrainer::of,
            trainer -> {
              float first = backward(small, trainer, DataType.FLOAT32, null);
              float last = first;
              for (int step = 0; step < 100 && last > first / 2; step++) {
                trainer.step();
                last = backward(small, trainer, DataType.FLOAT32, null);
              }
              assertThat(last).isLessThan(first / 2);
            });
  }

  @ParameterizedTest
  @MethodSource("networks")
  void predictionsAndStepsKeepNoMemory(Small small) {
    SmallTraining training = training(small);
    training.run(
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          Restorer network = (Restorer) trainer.getModel().getBlock();
          training.assertStepsKeepNoMemory(
              trainer,
              3,
              () -> {
                backward(small, trainer, DataType.FLOAT32, null);
                trainer.step();
                try (NDManager each = manager.newSubManager()) {
                  ParameterStore store = new ParameterStore(manager, false);
                  network.forward(store, each.ones(small.input()), false);
                }
              });
        });
  }
}
