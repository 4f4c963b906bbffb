package dev.visionmamba.heads.restoration;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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

  /** Makes a trainer from a model and a configuration. */
  private interface Trainers {
    Trainer of(Model model, TrainingConfig config);
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

  /** A trainer of a network whose weights are drawn from a seed. */
  private void train(Small small, DataType type, Trainers trainers, Consumer<Trainer> use) {
    manager.getEngine().setRandomSeed(6);
    Restorer drawn = small.create();
    drawn.initialize(manager, DataType.FLOAT32, small.input());
    Map<String, NDArray> weights = StateDict.of(drawn);
    Restorer network = small.create();
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray weight = weights.get(named.getKey());
      float scale = small.variant().equals("mambair_realdn") ? 1f : scale(named.getKey());
      boolean positive = named.getKey().endsWith("attention.1.bias"); // else its ReLU may be dead
      named
          .getValue()
          .setInitializer(
              (owner, shape, wanted) -> {
                NDArray scaled = positive ? weight.abs().add(1f) : weight.mul(scale);
                NDArray copy = scaled.toType(type, false).duplicate();
                copy.attach(owner);
                return copy;
              });
    }
    try (Model model = Model.newInstance("small")) {
      network.initialize(model.getNDManager(), type, small.input());
      model.setBlock(network);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.l2Loss())
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(3e-3f)).build());
      try (Trainer trainer = trainers.of(model, config)) {
        use.accept(trainer);
      }
    }
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
        gradients.put(IMAGES, doubles(images.getGradient()));
      }
      return loss.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private static double[] doubles(NDArray array) {
    return array.toType(DataType.FLOAT64, false).toDoubleArray();
  }

  private Map<String, double[]> gradients(Small small, DataType type, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    train(
        small,
        type,
        trainers,
        trainer -> {
          backward(small, trainer, type, gradients);
          for (Pair<String, Parameter> named : trainer.getModel().getBlock().getParameters()) {
            gradients.put(named.getKey(), doubles(named.getValue().getArray().getGradient()));
          }
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

  private static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          assertThat(actual.get(name)).as(name).hasSameSizeAs(values);
          double scale = 0;
          double worst = 0;
          for (int i = 0; i < values.length; i++) {
            scale = Math.max(scale, Math.abs(values[i]));
            double difference = Math.abs(actual.get(name)[i] - values[i]);
            worst = difference <= worst ? worst : difference; // NaN is the worst
          }
          assertThat(scale).as(name).isPositive();
          assertThat(worst).as(name).isLessThanOrEqualTo(tolerance * scale);
        });
  }

  @ParameterizedTest
  @MethodSource("networks")
  void imagesAreLearnedByHeart(Small small) {
    train(
        small,
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
    train(
        small,
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          NDManager weights = trainer.getModel().getNDManager();
          Restorer network = (Restorer) trainer.getModel().getBlock();
          int before = 0;
          for (int step = 0; step < 3; step++) {
            backward(small, trainer, DataType.FLOAT32, null);
            trainer.step();
            try (NDManager each = manager.newSubManager()) {
              network.forward(new ParameterStore(manager, false), each.ones(small.input()), false);
            }
            int arrays =
                weights.getManagedArrays().size()
                    + trainer.getManager().getManagedArrays().size()
                    + manager.getManagedArrays().size()
                    + manager.getParentManager().getManagedArrays().size();
            assertThat(arrays)
                .as("arrays after step %d", step)
                .isEqualTo(step == 0 ? arrays : before);
            before = arrays;
          }
        });
  }
}
