package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.heads.Classifier;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checkpoints that PyTorch has written, in the nesting and under the names of the published ones,
 * against the same networks filled directly.
 */
class WeightLoaderTest {
  private static final String HEAD = "head.weight";

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A small network of a family, and its file. */
  enum Family {
    VIM(
        "vim_tiny",
        Map.of("img_size", 16, "patch_size", 8, "stride", 8, "embed_dim", 16, "depth", 2),
        16),
    VMAMBA("vmamba_tiny_s1l8", Map.of("depths", List.of(1, 1), "dims", 8), 32),
    VANILLA_VMAMBA("vanilla_vmamba_tiny", Map.of("depths", List.of(1, 1), "dims", 8), 32),
    PLAINMAMBA(
        "plainmamba_l1",
        Map.of(
            "img_size",
            32,
            "embed_dims",
            8,
            "num_layers",
            2,
            "layers_with_dwconv",
            List.of(),
            "num_convs_patch_embed",
            1,
            "layer_cfgs",
            Map.of("mamba_cfg", Map.of("default_hw_shape", List.of(2, 2)))),
        32),
    EFFICIENTVIM(
        "efficientvim_m1",
        Map.of("embed_dim", List.of(16, 24), "depths", List.of(1, 1), "state_dim", List.of(9, 4)),
        64);

    private final String backbone;
    private final Map<String, Object> arguments;
    private final int side;

    Family(String backbone, Map<String, Object> arguments, int side) {
      this.backbone = backbone;
      this.arguments = arguments;
      this.side = side;
    }

    Classifier classifier(int classes) {
      Map<String, Object> all = new HashMap<>(arguments);
      all.put("num_classes", classes);
      return Classifier.create(backbone, all);
    }

    Backbone backbone() {
      return Backbones.create(backbone, arguments, Purpose.FEATURES);
    }

    CheckpointFile open() throws CheckpointException {
      String file = "families/" + name().toLowerCase(java.util.Locale.ROOT) + ".pth";
      return CheckpointFile.open(file, new MemoryChannel(PyTorchReadTest.resource(file)));
    }
  }

  /** What the generator has given a parameter of that name. */
  private static float[] generated(String name, Shape shape) {
    double offset = name.endsWith("running_var") ? 1 : 0;
    return new GoldenTensor(name, shape.getShape(), offset, 0.5, null).elements();
  }

  private Classifier filledDirectly(Family family) throws MalformedModelException {
    Classifier network = family.classifier(5);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Pair<String, Parameter> parameter : network.getParameters()) {
      Shape shape = parameter.getValue().getShape();
      tensors.put(parameter.getKey(), manager.create(generated(parameter.getKey(), shape), shape));
    }
    StateDict.load(network, tensors, manager);
    return network;
  }

  private float[] scores(Family family, Classifier network) {
    Shape shape = new Shape(2, 3, family.side, family.side);
    try (NDManager scope = manager.newSubManager()) {
      NDArray images = scope.create(generated("input", shape), shape);
      return network.forward(new ParameterStore(scope, false), images, false).toFloatArray();
    }
  }

  private static void assertGenerated(NamedBlock network, String prefix) {
    StateDict.of(network)
        .forEach(
            (name, array) ->
                assertThat(array.toFloatArray())
                    .as(name)
                    .isEqualTo(generated(prefix + name, array.getShape())));
  }

  @ParameterizedTest
  @EnumSource
  void publishedFilesGiveTheNetworkFilledDirectly(Family family) throws Exception {
    Classifier network = family.classifier(5);
    LoadReport report;
    try (CheckpointFile file = family.open()) {
      report = WeightLoader.load(file, network, LoadOptions.STRICT, manager);
    }
    assertThat(report.key()).isEqualTo(family == Family.PLAINMAMBA ? "state_dict" : "model");
    assertThat(report.loaded()).isEqualTo(network.getParameters().size());
    assertThat(report.leftOut()).isEmpty();
    assertThat(report.initialized()).isEmpty();
    assertGenerated(network, "");
    float[] scores = scores(family, network);
    assertThat(scores).hasSize(10).isEqualTo(scores(family, filledDirectly(family)));
    for (float score : scores) {
      assertThat(score).isFinite();
    }
  }

  @Test
  void theOldNamesOfVMambaAreReported() throws Exception {
    Classifier network = Family.VMAMBA.classifier(5);
    try (CheckpointFile file = Family.VMAMBA.open()) {
      LoadReport report = WeightLoader.load(file, network, LoadOptions.STRICT, manager);
      assertThat(report.renamed())
          .containsEntry("patch_embed.proj.weight", "patch_embed.0.weight")
          .containsEntry("layers.0.blocks.0.ln_1.bias", "layers.0.blocks.0.norm.bias")
          .containsEntry(
              "layers.1.blocks.0.self_attention.x_proj_weight",
              "layers.1.blocks.0.op.x_proj.weight")
          .containsEntry(HEAD, "classifier.head.weight");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBackboneTakesWhatIsItsOwn(Family family) throws Exception {
    Backbone backbone = family.backbone();
    try (CheckpointFile file = family.open()) {
      LoadReport report = WeightLoader.load(file, backbone, LoadOptions.STRICT, manager);
      if (family == Family.VMAMBA || family == Family.VANILLA_VMAMBA) {
        assertThat(report.leftOut()).contains("classifier.norm.weight", "classifier.head.bias");
        assertThat(report.initialized())
            .containsExactly(
                "outnorm0.weight", "outnorm0.bias", "outnorm1.weight", "outnorm1.bias");
        StateDict.of(backbone)
            .forEach(
                (name, array) -> {
                  float[] values = array.toFloatArray();
                  if (name.startsWith("outnorm")) {
                    assertThat(values).containsOnly(name.endsWith("weight") ? 1f : 0f);
                  } else {
                    assertThat(values).isEqualTo(generated(name, array.getShape()));
                  }
                });
      } else {
        assertThat(report.leftOut())
            .isNotEmpty()
            .allMatch(name -> name.matches("(head|heads|norm)\\..*|weights"));
        assertThat(report.initialized()).isEmpty();
        assertGenerated(backbone, family == Family.PLAINMAMBA ? "backbone." : "");
      }
      assertThat(backbone.isInitialized()).isTrue();
    }
  }

  @Test
  void aBackboneIsTakenOutOfADetector() throws Exception {
    Backbone backbone = Family.VMAMBA.backbone();
    Path detector = folder.resolve("detector.safetensors");
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Pair<String, Parameter> parameter : backbone.getParameters()) {
      Shape shape = parameter.getValue().getShape();
      String name = parameter.getKey();
      tensors.put("module.backbone." + name, manager.create(generated(name, shape), shape));
    }
    tensors.put("module.neck.lateral.weight", manager.ones(new Shape(2)));
    Safetensors.write(detector, tensors, Map.of());
    try (CheckpointFile file = CheckpointFile.open(detector)) {
      LoadReport report = WeightLoader.load(file, backbone, LoadOptions.STRICT, manager);
      assertThat(report.leftOut()).containsExactly("neck.lateral.weight");
      assertThat(report.initialized()).isEmpty();
      assertGenerated(backbone, "");
    }
  }

  @Test
  void anotherPartOfTheFileCanBeChosen() throws Exception {
    Classifier network = Family.EFFICIENTVIM.classifier(5);
    try (CheckpointFile file = Family.EFFICIENTVIM.open()) {
      LoadOptions averaged = new LoadOptions("model_ema", false);
      LoadReport report = WeightLoader.load(file, network, averaged, manager);
      assertThat(report.key()).isEqualTo("model_ema");
      NDArray weights = StateDict.of(network).get("weights");
      float[] wanted = generated("weights", weights.getShape());
      for (int i = 0; i < wanted.length; i++) {
        wanted[i]++;
      }
      assertThat(weights.toFloatArray()).isEqualTo(wanted);
      assertThatThrownBy(
              () -> WeightLoader.load(file, network, new LoadOptions("ema", false), manager))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("\"ema\"; it has \"model\" (")
          .hasMessageContaining("\"model_ema\" (");
    }
  }

  @ParameterizedTest
  @EnumSource
  void aHeadOfOtherClassesCanStartAnew(Family family) throws Exception {
    Classifier network = family.classifier(7);
    try (CheckpointFile file = family.open()) {
      assertThatThrownBy(() -> WeightLoader.load(file, network, LoadOptions.STRICT, manager))
          .isInstanceOf(MalformedModelException.class)
          .hasMessageStartingWith(file.name())
          .hasMessageContaining("misshapen")
          .hasMessageContaining("only the head does not fit");

      LoadReport report = WeightLoader.load(file, network, new LoadOptions(null, true), manager);
      assertThat(report.leftOut())
          .isEqualTo(report.initialized())
          .hasSize(family == Family.EFFICIENTVIM ? 6 : 2)
          .allMatch(name -> name.contains("head"));
      StateDict.of(network)
          .forEach(
              (name, array) -> {
                if (report.initialized().contains(name)) {
                  assertThat(array.getShape().get(0)).isEqualTo(7);
                } else {
                  assertThat(array.toFloatArray())
                      .as(name)
                      .isEqualTo(generated(name, array.getShape()));
                }
              });
      assertThat(scores(family, network)).hasSize(14);
    }
  }

  @Test
  void anAbsentHeadCanStartAnew() throws Exception {
    Path file = write(Family.VIM, tensors -> tensors.keySet().removeIf(n -> n.startsWith("head.")));
    Classifier network = Family.VIM.classifier(5);
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      assertThatThrownBy(() -> WeightLoader.load(opened, network, LoadOptions.STRICT, manager))
          .isInstanceOf(MalformedModelException.class)
          .hasMessageContaining("2 missing (head.weight, head.bias)")
          .hasMessageContaining("only the head does not fit");
      LoadReport report = WeightLoader.load(opened, network, new LoadOptions(null, true), manager);
      assertThat(report.leftOut()).isEmpty();
      assertThat(report.initialized()).containsExactly("head.weight", "head.bias");
    }
  }

  @Test
  void misfitsAreListedAndNotBlamedOnTheHead() throws Exception {
    Path file =
        write(
            Family.VIM,
            tensors -> {
              tensors.remove("norm_f.weight");
              tensors.put("extra", manager.ones(new Shape(2)));
              tensors.put("layers.0.norm.weight", manager.ones(new Shape(3)));
            });
    Classifier network = Family.VIM.classifier(5);
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      for (boolean newHead : new boolean[] {false, true}) {
        assertThatThrownBy(
                () -> WeightLoader.load(opened, network, new LoadOptions("", newHead), manager))
            .isInstanceOf(MalformedModelException.class)
            .hasMessageContaining("1 missing (norm_f.weight)")
            .hasMessageContaining("1 unexpected (extra)")
            .hasMessageContaining("1 misshapen (layers.0.norm.weight is (3) but must be (16))")
            .message()
            .doesNotContain("only the head");
      }
    }
  }

  @Test
  void prefixesOfAllNamesComeOff() throws Exception {
    Path file =
        write(
            Family.VIM,
            tensors -> {
              Map<String, NDArray> plain = new LinkedHashMap<>(tensors);
              tensors.clear();
              plain.forEach((name, array) -> tensors.put("module.model." + name, array));
            });
    Classifier network = Family.VIM.classifier(5);
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      WeightLoader.load(opened, network, LoadOptions.STRICT, manager);
    }
    assertGenerated(network, "");
  }

  @Test
  void positionEmbeddingsOfAnotherSizeAreResized() throws Exception {
    Map<String, Object> larger = new HashMap<>(Family.VIM.arguments);
    larger.put("img_size", 32);
    larger.put("num_classes", 5);
    Classifier network = Classifier.create(Family.VIM.backbone, larger);
    try (CheckpointFile file = Family.VIM.open()) {
      WeightLoader.load(file, network, LoadOptions.STRICT, manager);
    }
    assertThat(StateDict.of(network).get("pos_embed").getShape()).isEqualTo(new Shape(1, 17, 16));
  }

  @Test
  void twoTensorsForOneParameterAreRefused() throws Exception {
    Path file =
        write(
            Family.VMAMBA,
            tensors -> tensors.put("head.bias", tensors.get("classifier.head.bias").duplicate()));
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      assertThatThrownBy(
              () ->
                  WeightLoader.load(
                      opened, Family.VMAMBA.classifier(5), LoadOptions.STRICT, manager))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("two tensors for the network's \"classifier.head.bias\"");
    }
  }

  private interface Change {
    void apply(Map<String, NDArray> tensors);
  }

  /** The network's own state dict, changed, as a safetensors file. */
  private Path write(Family family, Change change) throws Exception {
    Map<String, NDArray> tensors = StateDict.of(filledDirectly(family));
    change.apply(tensors);
    Path file = folder.resolve("changed.safetensors");
    Safetensors.write(file, tensors, Map.of());
    return file;
  }

  /** Every published VMamba under the names of the files that were released. */
  @Test
  void theReleasedNamesLeadToEveryVariantOfVMamba() {
    int checked = 0;
    for (Backbones.Entry entry : Backbones.all()) {
      if (!entry.family().equals("VMamba")) {
        continue;
      }
      Classifier network = Classifier.create(entry.name(), Map.of());
      PublishedNames names = PublishedNames.of(network.backbone());
      Map<String, Shape> shapes = new LinkedHashMap<>();
      for (Pair<String, Parameter> parameter : network.getParameters()) {
        shapes.put(parameter.getKey(), parameter.getValue().getShape());
      }
      for (String name : shapes.keySet()) {
        String old =
            name.replaceFirst("^patch_embed\\.0", "patch_embed.proj")
                .replaceFirst("^patch_embed\\.2", "patch_embed.norm")
                .replaceFirst("^(layers\\.\\d+\\.blocks\\.\\d+)\\.norm\\.", "$1.ln_1.")
                .replaceFirst("\\.op\\.(x_proj|dt_projs)\\.weight", ".op.$1_weight")
                .replace(".op.", ".self_attention.")
                .replaceFirst("^classifier\\.", "");
        assertThat(names.rename(old, shapes)).isEqualTo(name);
        assertThat(names.rename(name, shapes)).isEqualTo(name);
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(2000);
  }

  @Test
  void parametersLiveInTheGivenManagerAndNothingElseDoes() throws Exception {
    Classifier network = Family.VIM.classifier(5);
    try (NDManager own = manager.newSubManager();
        CheckpointFile file = Family.VIM.open()) {
      WeightLoader.load(file, network, LoadOptions.STRICT, own);
      assertThat(own.getManagedArrays()).hasSize(network.getParameters().size());
      assertThat(StateDict.of(network).values())
          .allMatch(array -> array.getDataType() == DataType.FLOAT32);
    }
  }
}
