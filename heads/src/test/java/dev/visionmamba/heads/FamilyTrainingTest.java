package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A small network of each family learns, and its gradients through the tape are autograd's. */
class FamilyTrainingTest {
  private static final int IMAGES = 4;

  /**
   * A family.
   *
   * @param frozen how the names of what the first stage frozen takes begin
   * @param head the head's weights, which are scaled up
   */
  private record Family(
      String variant, Shape input, Map<String, Object> small, List<String> frozen, String head) {
    @Override
    public String toString() {
      return variant;
    }
  }

  private static Map<String, Object> vmamba() {
    return Map.of("dims", 16, "depths", List.of(1, 2), "drop_path_rate", 0);
  }

  static Stream<Family> families() {
    List<String> vmambaFrozen = List.of("patch_embed.", "layers.0.");
    return Stream.of(
        new Family(
            "vmamba_tiny_s1l8",
            new Shape(IMAGES, 3, 32, 20),
            vmamba(),
            vmambaFrozen,
            "classifier.head.weight"),
        new Family(
            "vanilla_vmamba_tiny",
            new Shape(IMAGES, 3, 32, 20),
            vmamba(),
            vmambaFrozen,
            "classifier.head.weight"),
        new Family(
            "plainmamba_l1",
            new Shape(IMAGES, 3, 32, 20), // 4x3 patches, the last padded
            Map.of(
                "img_size",
                List.of(32, 20),
                "patch_size",
                8,
                "embed_dims",
                24,
                "num_layers",
                3,
                "layer_cfgs",
                Map.of("mamba_cfg", Map.of("d_state", 4, "conv_size", 3)),
                "drop_path_rate",
                0),
            List.of("backbone.patch_embed.", "backbone.pos_embed", "backbone.layers.0."),
            "head.fc.weight"));
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
  private void train(
      Family family,
      Map<String, Object> changes,
      DataType type,
      Trainers trainers,
      Consumer<Trainer> use) {
    Map<String, Object> arguments = new HashMap<>(family.small());
    arguments.put("num_classes", IMAGES);
    arguments.putAll(changes);
    manager.getEngine().setRandomSeed(6);
    Classifier drawn = Classifier.create(family.variant(), arguments);
    drawn.initialize(manager, DataType.FLOAT32, family.input());
    Map<String, NDArray> weights = StateDict.of(drawn);
    Classifier network = Classifier.create(family.variant(), arguments);
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray weight = weights.get(named.getKey());
      float scale = scale(family, named.getKey());
      named
          .getValue()
          .setInitializer(
              (owner, shape, wanted) -> {
                NDArray copy = weight.mul(scale).toType(type, false).duplicate();
                copy.attach(owner);
                return copy;
              });
    }
    try (Model model = Model.newInstance("small")) {
      network.initialize(model.getNDManager(), type, family.input());
      model.setBlock(network);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(3e-3f)).build());
      try (Trainer trainer = trainers.of(model, config)) {
        use.accept(trainer);
      }
    }
  }

  /** Weights larger than at the start of training, so that every gradient is worth comparing. */
  private static float scale(Family family, String name) {
    return name.endsWith("_proj.weight") ? 5f : name.equals(family.head()) ? 30f : 1f;
  }

  /** The loss of a batch, always the same; gradients are left with the parameters. */
  private float backward(Family family, Trainer trainer, DataType type) {
    try (NDManager batch = trainer.getManager().newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      manager.getEngine().setRandomSeed(7);
      NDArray images = batch.randomNormal(family.input()).toType(type, false);
      NDArray labels = batch.arange((float) IMAGES).minimum(2); // the classes are uneven
      NDList scores = trainer.forward(new NDList(images));
      NDArray loss = trainer.getLoss().evaluate(new NDList(labels), scores);
      collector.backward(loss);
      return loss.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private Map<String, double[]> gradients(
      Family family, Map<String, Object> changes, DataType type, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    train(
        family,
        changes,
        type,
        trainers,
        trainer -> {
          backward(family, trainer, type);
          for (Pair<String, Parameter> named : parameters(trainer)) {
            if (named.getValue().requiresGradient()) {
              NDArray gradient = named.getValue().getArray().getGradient();
              gradients.put(
                  named.getKey(), gradient.toType(DataType.FLOAT64, false).toDoubleArray());
            }
          }
        });
    return gradients;
  }

  private static Iterable<Pair<String, Parameter>> parameters(Trainer trainer) {
    return trainer.getModel().getBlock().getParameters();
  }

  @ParameterizedTest
  @MethodSource("families")
  void theTapeGivesTheGradientsOfAutograd(Family family) {
    Map<String, double[]> taped = gradients(family, Map.of(), DataType.FLOAT32, ScanTrainer::of);
    Map<String, double[]> autograd =
        gradients(family, Map.of(), DataType.FLOAT32, Model::newTrainer);
    Map<String, double[]> exact = gradients(family, Map.of(), DataType.FLOAT64, Model::newTrainer);
    assertClose(taped, autograd, 2e-5);
    assertClose(taped, exact, 2e-5);
  }

  @ParameterizedTest
  @MethodSource("families")
  void alsoWhereBranchesAreDropped(Family family) {
    Map<String, Object> changes = Map.of("drop_path_rate", 0.3);
    Map<String, double[]> taped = gradients(family, changes, DataType.FLOAT32, ScanTrainer::of);
    assertClose(taped, gradients(family, changes, DataType.FLOAT32, Model::newTrainer), 2e-5);
    Map<String, double[]> whole = gradients(family, Map.of(), DataType.FLOAT32, ScanTrainer::of);
    assertThat(Arrays.equals(taped.get(family.head()), whole.get(family.head()))).isFalse();
  }

  @Test
  void alsoWherePositionEmbeddingsAreResized() {
    Family family =
        families().filter(f -> f.small().containsKey("img_size")).findAny().orElseThrow();
    Map<String, Object> changes = Map.of("img_size", 32); // the images are narrower
    Map<String, double[]> taped = gradients(family, changes, DataType.FLOAT32, ScanTrainer::of);
    assertThat(taped).containsKey("backbone.pos_embed");
    assertClose(taped, gradients(family, changes, DataType.FLOAT32, Model::newTrainer), 2e-5);
  }

  private static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) -> {
          double scale = 0;
          for (double value : values) {
            scale = Math.max(scale, Math.abs(value));
          }
          assertThat(scale).as(name).isPositive();
          assertThat(actual.get(name)).as(name).containsExactly(values, within(tolerance * scale));
        });
  }

  @ParameterizedTest
  @MethodSource("families")
  void fourImagesAreLearnedByHeart(Family family) {
    train(
        family,
        Map.of(),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          float first = backward(family, trainer, DataType.FLOAT32);
          float last = first;
          for (int step = 0; step < 100 && last > first / 10; step++) {
            trainer.step();
            last = backward(family, trainer, DataType.FLOAT32);
          }
          assertThat(last).isLessThan(first / 10);
        });
  }

  @ParameterizedTest
  @MethodSource("families")
  void frozenStagesKeepTheirWeightsAndStatistics(Family family) {
    train(
        family,
        Map.of(),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          Classifier network = (Classifier) trainer.getModel().getBlock();
          network.backbone().freezeStages(1); // the stem and the first stage
          Map<String, float[]> before = values(network);
          backward(family, trainer, DataType.FLOAT32);
          trainer.step();
          values(network)
              .forEach(
                  (name, values) -> {
                    boolean frozen = family.frozen().stream().anyMatch(name::startsWith);
                    assertThat(Arrays.equals(values, before.get(name))).as(name).isEqualTo(frozen);
                  });
        });
  }

  private static Map<String, float[]> values(Classifier network) {
    Map<String, float[]> values = new LinkedHashMap<>();
    StateDict.of(network).forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  @ParameterizedTest
  @MethodSource("families")
  void predictionsAndStepsKeepNoMemory(Family family) {
    train(
        family,
        Map.of("drop_path_rate", 0.2),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          NDManager weights = trainer.getModel().getNDManager();
          Classifier network = (Classifier) trainer.getModel().getBlock();
          int before = 0;
          for (int step = 0; step < 4; step++) {
            backward(family, trainer, DataType.FLOAT32);
            trainer.step();
            try (NDManager each = manager.newSubManager()) {
              network.forward(new ParameterStore(manager, false), each.ones(family.input()), false);
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
