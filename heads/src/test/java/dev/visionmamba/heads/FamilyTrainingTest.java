package dev.visionmamba.heads;

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
import dev.visionmamba.heads.SmallTraining.Trainers;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private SmallTraining training(Family family, Map<String, Object> changes) {
    Map<String, Object> arguments = new HashMap<>(family.small());
    arguments.put("num_classes", IMAGES);
    arguments.putAll(changes);
    return new SmallTraining(
        manager,
        6,
        () -> Classifier.create(family.variant(), arguments),
        family.input(),
        (name, weight) -> weight.mul(scale(family, name)));
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
    training(family, changes)
        .run(
            type,
            trainers,
            trainer -> {
              backward(family, trainer, type);
              gradients.putAll(SmallTraining.gradients(trainer));
            });
    return gradients;
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

  @ParameterizedTest
  @MethodSource("families")
  void fourImagesAreLearnedByHeart(Family family) {
    training(family, Map.of())
        .run(
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
    training(family, Map.of())
        .run(
            DataType.FLOAT32,
            ScanTrainer::of,
            trainer -> {
              Classifier network = (Classifier) trainer.getModel().getBlock();
              network.backbone().freezeStages(1); // the stem and the first stage
              Map<String, float[]> before = SmallTraining.values(network);
              backward(family, trainer, DataType.FLOAT32);
              trainer.step();
              SmallTraining.values(network)
                  .forEach(
                      (name, values) -> {
                        boolean frozen = family.frozen().stream().anyMatch(name::startsWith);
                        assertThat(Arrays.equals(values, before.get(name)))
                            .as(name)
                            .isEqualTo(frozen);
                      });
            });
  }

  @ParameterizedTest
  @MethodSource("families")
  void predictionsAndStepsKeepNoMemory(Family family) {
    SmallTraining training = training(family, Map.of("drop_path_rate", 0.2));
    training.run(
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          Classifier network = (Classifier) trainer.getModel().getBlock();
          training.assertStepsKeepNoMemory(
              trainer,
              4,
              () -> {
                backward(family, trainer, DataType.FLOAT32);
                trainer.step();
                try (NDManager each = manager.newSubManager()) {
                  ParameterStore store = new ParameterStore(manager, false);
                  network.forward(store, each.ones(family.input()), false);
                }
              });
        });
  }
}
