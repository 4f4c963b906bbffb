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
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole small network: DJL's model files, its training loop, and what it keeps in memory. */
class ClassifierTest {
  private static final Map<String, Object> SMALL =
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
          3,
          "d_state",
          4,
          "num_classes",
          5,
          "drop_path_rate",
          0);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(2);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private Classifier network() {
    Classifier network = Classifier.create("vim_tiny", SMALL);
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 12, 12));
    return network;
  }

  private ParameterStore store() {
    return new ParameterStore(manager, false);
  }

  @Test
  void theHeadReadsThePooledVector() {
    Classifier network = network();
    NDArray images = manager.randomNormal(new Shape(2, 3, 12, 12));
    NDArray pooled =
        network.backbone().classificationFeatures(store(), images, false, Probe.NONE).head();
    Map<String, NDArray> weights = StateDict.of(network);
    NDArray expected =
        pooled.matMul(weights.get("head.weight").transpose()).add(weights.get("head.bias"));
    NDArray scores = network.forward(store(), images, false);
    assertThat(scores.getShape()).isEqualTo(new Shape(2, 5));
    assertThat(scores.toFloatArray()).containsExactly(expected.toFloatArray(), within(1e-5f));
    assertThat(network.forward(store(), new NDList(images), false).singletonOrThrow())
        .isEqualTo(scores);
  }

  @Test
  void djlsModelFilesKeepTheWeights(@TempDir Path folder) throws Exception {
    Classifier network = Classifier.create("vim_tiny", SMALL);
    StateDict.load(network, StateDict.of(network()), manager);
    try (Model model = Model.newInstance("small");
        Model copy = Model.newInstance("small")) {
      model.setBlock(network);
      model.save(folder, "small");
      Classifier loaded = Classifier.create("vim_tiny", SMALL);
      copy.setBlock(loaded);
      copy.load(folder, "small");
      Map<String, NDArray> expected = StateDict.of(network);
      assertThat(StateDict.of(loaded).keySet()).isEqualTo(expected.keySet());
      StateDict.of(loaded)
          .forEach((name, tensor) -> assertThat(tensor).as(name).isEqualTo(expected.get(name)));
      copy.save(folder.resolve("again"), "small");
      assertThat(folder.resolve("again/small-0000.params"))
          .hasSameBinaryContentAs(folder.resolve("small-0000.params"));
    }
  }

  @Test
  void trainingOnTheTapeIsTrainingByAutograd() {
    Map<String, float[]> taped = gradients(ScanTrainer::of);
    Map<String, float[]> plain = gradients(Model::newTrainer);
    assertThat(taped.keySet()).isEqualTo(plain.keySet());
    plain.forEach(
        (name, values) -> {
          float scale = 0;
          for (float value : values) {
            scale = Math.max(scale, Math.abs(value));
          }
          assertThat(scale).as(name).isPositive();
          assertThat(taped.get(name)).as(name).containsExactly(values, within(2e-5f * scale));
        });
  }

  /** Makes a trainer from a model and a configuration. */
  private interface Trainers {
    Trainer of(Model model, DefaultTrainingConfig config);
  }

  private Map<String, float[]> gradients(Trainers trainers) {
    manager.getEngine().setRandomSeed(4);
    try (Model model = Model.newInstance("small")) {
      Classifier network = network();
      model.setBlock(network);
      try (Trainer trainer = trainers.of(model, config())) {
        trainer.initialize(new Shape(1, 3, 12, 12));
        train(trainer, 3);
        Map<String, float[]> gradients = new HashMap<>();
        for (Pair<String, Parameter> named : network.getParameters()) {
          gradients.put(named.getKey(), named.getValue().getArray().getGradient().toFloatArray());
        }
        return gradients;
      }
    }
  }

  private static DefaultTrainingConfig config() {
    return new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
        .optOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build());
  }

  private static void train(Trainer trainer, int size) {
    NDManager batchManager = trainer.getManager().newSubManager();
    NDArray images = batchManager.randomNormal(new Shape(size, 3, 12, 12));
    NDArray labels = batchManager.arange((float) size);
    try (Batch batch =
        new Batch(
            batchManager,
            new NDList(images),
            new NDList(labels),
            size,
            Batchifier.STACK,
            Batchifier.STACK,
            0,
            1)) {
      EasyTrain.trainBatch(trainer, batch);
    }
  }

  @Test
  void predictionsKeepNoMemory() {
    Classifier network = network();
    network.freezeParameters(true);
    assertKeepsNothing(network, 12, 12);
    assertKeepsNothing(network, 20, 16);
  }

  @Test
  void predictionsKeepNoMemoryWhereAutogradIsOn() {
    try (GradientMode on = GradientMode.set(true)) {
      assertKeepsNothing(network(), 12, 12);
    }
  }

  private void assertKeepsNothing(Classifier network, int height, int width) {
    ParameterStore store = store();
    int before = managedArrays();
    for (int i = 0; i < 300; i++) {
      try (NDManager each = manager.newSubManager()) {
        network.forward(store, each.ones(new Shape(1, 3, height, width)), false);
      }
    }
    assertThat(managedArrays()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"vim_tiny", "vmamba_tiny_s1l8", "plainmamba_l1", "efficientvim_m1"})
  void nothingButTheScoresIsLeft(String family) {
    Map<String, Map<String, Object>> small =
        Map.of(
            "vim_tiny", SMALL,
            "vmamba_tiny_s1l8", Map.of("dims", 8, "depths", List.of(2, 1)),
            "plainmamba_l1", Map.of("embed_dims", 24, "num_layers", 2),
            "efficientvim_m1", Map.of());
    Classifier network = Classifier.create(family, small.get(family));
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
    network.freezeParameters(true);
    for (boolean autograd : new boolean[] {false, true}) {
      int before = managedArrays();
      try (NDManager each = manager.newSubManager();
          GradientMode mode = GradientMode.set(autograd)) {
        NDArray images = each.ones(new Shape(1, 3, 64, 64));
        NDArray scores = network.forward(store(), images, false);
        assertThat(each.getManagedArrays()).containsExactlyInAnyOrder(images, scores);
      }
      assertThat(managedArrays()).isEqualTo(before);
    }
  }

  @Test
  void aPredictionHoldsLittleMoreThanItsResult() {
    Classifier network = network();
    try (NDManager each = manager.newSubManager()) {
      NDArray images = each.ones(new Shape(1, 3, 12, 12));
      network.forward(store(), images, false);
      int shallow = each.getManagedArrays().size();
      Map<String, Object> deep = new HashMap<>(SMALL);
      deep.put("depth", 12);
      Classifier deeper = Classifier.create("vim_tiny", deep);
      deeper.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 12, 12));
      try (NDManager other = manager.newSubManager()) {
        deeper.forward(store(), other.ones(new Shape(1, 3, 12, 12)), false);
        assertThat(other.getManagedArrays()).hasSize(shallow);
      }
    }
  }

  @Test
  void trainingStepsKeepNoMemory() {
    try (Model model = Model.newInstance("small")) {
      model.setBlock(network());
      try (Trainer trainer = ScanTrainer.of(model, config())) {
        trainer.initialize(new Shape(1, 3, 12, 12));
        Function<Integer, Integer> arrays =
            step -> {
              train(trainer, 2);
              trainer.step();
              return managedArrays()
                  + model.getNDManager().getManagedArrays().size()
                  + trainer.getManager().getManagedArrays().size();
            };
        int before = arrays.apply(0);
        for (int step = 1; step < 5; step++) {
          assertThat(arrays.apply(step)).as("arrays after step %d", step).isEqualTo(before);
        }
      }
    }
  }

  /** Arrays of the parameters' manager and of the engine's own. */
  private int managedArrays() {
    return manager.getManagedArrays().size() + manager.getParentManager().getManagedArrays().size();
  }
}
