package dev.visionmamba.backbones.plainmamba;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A small adapter's gradients through the tape are autograd's, and it learns. */
class AdapterTrainingTest {
  private static final Shape INPUT = new Shape(2, 3, 64, 32);
  private static final Map<String, Object> SMALL =
      Map.of(
          "img_size", List.of(64, 32),
          "embed_dims", 12,
          "num_layers", 3,
          "conv_inplane", 4,
          "deform_num_heads", 2,
          "n_points", 2,
          "interaction_indexes", List.of(List.of(0, 0), List.of(1, 2)),
          "layer_cfgs", Map.of("mamba_cfg", Map.of("d_state", 3, "conv_size", 3)),
          "drop_path_rate", 0);

  /** A batch norm takes away what these add, so that their gradients are zero but for rounding. */
  private static final List<String> WITHOUT = List.of("spm.fc1.bias", "up.bias");

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
      Map<String, Object> changes, DataType type, Trainers trainers, Consumer<Trainer> use) {
    Map<String, Object> arguments = new HashMap<>(SMALL);
    arguments.putAll(changes);
    PlainMambaAdapterConfig config = PlainMambaAdapterConfig.L1.with(arguments);
    manager.getEngine().setRandomSeed(6);
    PlainMambaAdapter drawn = new PlainMambaAdapter(config);
    drawn.initialize(manager, DataType.FLOAT32, INPUT);
    PlainMambaAdapter network = new PlainMambaAdapter(config);
    Map<String, NDArray> weights = StateDict.of(drawn);
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray started = started(named.getKey(), weights.get(named.getKey()));
      named
          .getValue()
          .setInitializer(
              (owner, shape, wanted) -> {
                NDArray copy = started.toType(type, false).duplicate();
                copy.attach(owner);
                return copy;
              });
    }
    try (Model model = Model.newInstance("small")) {
      network.initialize(model.getNDManager(), type, INPUT);
      model.setBlock(network);
      DefaultTrainingConfig training =
          new DefaultTrainingConfig(Loss.l2Loss())
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(3e-3f)).build());
      try (Trainer trainer = trainers.of(model, training)) {
        use.accept(trainer);
      }
    }
  }

  /** Away from zero and from where rounding decides, so that every gradient is worth comparing. */
  private NDArray started(String name, NDArray weight) {
    if (name.endsWith("gamma")) {
      return weight.add(0.5f);
    }
    boolean zero =
        name.endsWith("sampling_offsets.weight") || name.endsWith("attention_weights.weight");
    if (zero) {
      return manager.randomUniform(-0.3f, 0.3f, weight.getShape());
    }
    if (name.endsWith("sampling_offsets.bias")) {
      return weight.add(0.31f); // between pixels
    }
    return name.contains("_proj.weight") && name.startsWith("layers") ? weight.mul(15f) : weight;
  }

  /** The loss of a batch, always the same; gradients are left with the parameters. */
  private float backward(Trainer trainer, DataType type) {
    try (NDManager batch = trainer.getManager().newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      manager.getEngine().setRandomSeed(7);
      NDArray images = batch.randomNormal(INPUT).toType(type, false);
      NDList maps = trainer.forward(new NDList(images));
      NDArray loss = null;
      for (NDArray map : maps) {
        NDArray wanted = batch.randomUniform(-1, 1, map.getShape()).toType(type, false);
        NDArray off = map.sub(wanted).square().mean();
        loss = loss == null ? off : loss.add(off);
      }
      collector.backward(loss);
      return loss.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private Map<String, double[]> gradients(
      Map<String, Object> changes, DataType type, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    train(
        changes,
        type,
        trainers,
        trainer -> {
          backward(trainer, type);
          for (Pair<String, Parameter> named : trainer.getModel().getBlock().getParameters()) {
            if (named.getValue().requiresGradient()) {
              NDArray gradient = named.getValue().getArray().getGradient();
              gradients.put(
                  named.getKey(), gradient.toType(DataType.FLOAT64, false).toDoubleArray());
            }
          }
        });
    return gradients;
  }

  @Test
  void theTapeGivesTheGradientsOfAutograd() {
    Map<String, double[]> taped = gradients(Map.of(), DataType.FLOAT32, ScanTrainer::of);
    assertClose(taped, gradients(Map.of(), DataType.FLOAT64, Model::newTrainer), 1e-4);
    taped.forEach(
        (name, values) ->
            assertThat(Arrays.stream(values).anyMatch(value -> Math.abs(value) > 1e-7))
                .as(name)
                .isEqualTo(!WITHOUT.contains(name)));
    assertThat(taped.keySet())
        .contains("level_embed", "interactions.0.injector.gamma", "spm.conv4.0.weight")
        .contains("interactions.1.extra_extractors.1.attn.sampling_offsets.bias");
  }

  @Test
  void alsoWhereBranchesAreDropped() {
    Map<String, Object> changes = Map.of("drop_path_rate", 0.4);
    Map<String, double[]> taped = gradients(changes, DataType.FLOAT32, ScanTrainer::of);
    assertClose(taped, gradients(changes, DataType.FLOAT32, Model::newTrainer), 1e-4);
    double[] whole =
        gradients(Map.of(), DataType.FLOAT32, ScanTrainer::of)
            .get("interactions.0.extractor.ffn.fc1.weight");
    assertThat(taped.get("interactions.0.extractor.ffn.fc1.weight")).isNotEqualTo(whole);
  }

  private static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    double largest =
        expected.values().stream().flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
    expected.forEach(
        (name, values) -> {
          double scale =
              WITHOUT.contains(name)
                  ? largest
                  : Arrays.stream(values).map(Math::abs).max().orElseThrow();
          for (int i = 0; i < values.length; i++) {
            assertThat(Math.abs(actual.get(name)[i] - values[i]))
                .as("%s, %d", name, i)
                .isLessThanOrEqualTo(tolerance * Math.max(scale, 1e-3 * largest));
          }
        });
  }

  @Test
  void givenMapsAreLearned() {
    train(
        Map.of(),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          float first = backward(trainer, DataType.FLOAT32);
          float last = first;
          for (int step = 0; step < 60; step++) {
            trainer.step();
            last = backward(trainer, DataType.FLOAT32);
          }
          assertThat(last).isLessThan(first / 2);
        });
  }

  @Test
  void frozenLayersPassGradientsToWhatIsInjected() {
    train(
        Map.of(),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          PlainMambaAdapter network = (PlainMambaAdapter) trainer.getModel().getBlock();
          network.freezeStages(3);
          Map<String, float[]> before = values(network);
          backward(trainer, DataType.FLOAT32);
          trainer.step();
          values(network)
              .forEach(
                  (name, values) -> {
                    boolean frozen = name.matches("pos_embed|patch_embed.*|layers.*");
                    assertThat(Arrays.equals(values, before.get(name))).as(name).isEqualTo(frozen);
                  });
        });
  }

  private static Map<String, float[]> values(PlainMambaAdapter network) {
    Map<String, float[]> values = new LinkedHashMap<>();
    StateDict.of(network).forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  @Test
  void stepsKeepNoMemory() {
    train(
        Map.of("drop_path_rate", 0.2),
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          NDManager weights = trainer.getModel().getNDManager();
          int before = 0;
          for (int step = 0; step < 4; step++) {
            backward(trainer, DataType.FLOAT32);
            trainer.step();
            int arrays =
                weights.getManagedArrays().size()
                    + trainer.getManager().getManagedArrays().size()
                    + manager.getManagedArrays().size()
                    + manager.getParentManager().getManagedArrays().size();
            assertThat(arrays).as("after step %d", step).isEqualTo(step == 0 ? arrays : before);
            before = arrays;
          }
        });
  }
}
