package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimConfig;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierModelTest {
  @TempDir private Path folder;

  private static ModelDescription description(Map<String, Object> arguments, String... classes) {
    return new ModelDescription(
        "small",
        "vim_micro",
        arguments,
        List.of(classes),
        new ImageInput(28, 28, 28, "bicubic", List.of(0.5f), List.of(0.5f)),
        Map.of());
  }

  private static final Map<String, Object> SMALL = Map.of("depth", 1, "embed_dim", 16);

  private Path write() throws IOException {
    Path file = folder.resolve("model.safetensors");
    try (ClassifierModel model =
        ClassifierModel.create(description(SMALL, "a", "b", "c"), Device.cpu())) {
      model.save(file, model.description(), DataType.FLOAT32);
    }
    return file;
  }

  /** The model's file with its tensors or its description changed. */
  private Path rewrite(Path file, Change change) throws IOException {
    Path changed = folder.resolve("changed.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      var checkpoint = Safetensors.read(file, manager);
      Map<String, NDArray> tensors = new LinkedHashMap<>(checkpoint.tensors());
      Map<String, String> metadata = new LinkedHashMap<>(checkpoint.metadata());
      change.apply(manager, tensors, metadata);
      Safetensors.write(changed, tensors, metadata);
    }
    return changed;
  }

  private interface Change {
    void apply(NDManager manager, Map<String, NDArray> tensors, Map<String, String> metadata);
  }

  private static void assertRefused(Path file, Class<? extends Exception> type, String... said) {
    assertThatThrownBy(() -> ClassifierModel.load(file, Device.cpu()))
        .isInstanceOf(type)
        .hasMessageContainingAll(said)
        .hasMessageContaining(file.getFileName().toString());
  }

  @Test
  void savedAndLoadedModelsAreTheSame() throws Exception {
    Path file = folder.resolve("model.safetensors");
    Map<String, float[]> want = new LinkedHashMap<>();
    try (ClassifierModel model =
        ClassifierModel.create(description(SMALL, "a", "b", "c"), Device.cpu())) {
      StateDict.of(model.network()).forEach((name, array) -> want.put(name, array.toFloatArray()));
      model.save(file, model.description().withNotes(Map.of("accuracy", "high")), DataType.FLOAT32);
    }
    try (ClassifierModel model = ClassifierModel.load(file, Device.cpu())) {
      assertThat(model.description().notes()).containsEntry("accuracy", "high");
      Map<String, NDArray> got = StateDict.of(model.network());
      assertThat(got.keySet()).isEqualTo(want.keySet());
      got.forEach((name, array) -> assertThat(array.toFloatArray()).isEqualTo(want.get(name)));
    }
  }

  @Test
  void halfPrecisionHalvesTheFileAndRoundsTheWeights() throws Exception {
    Path file = write();
    Path half = folder.resolve("half.safetensors");
    try (ClassifierModel whole = ClassifierModel.load(file, Device.cpu())) {
      whole.save(half, whole.description(), DataType.FLOAT16);
      try (ClassifierModel rounded = ClassifierModel.load(half, Device.cpu())) {
        float[] want = StateDict.of(whole.network()).get("head.weight").toFloatArray();
        float[] got = StateDict.of(rounded.network()).get("head.weight").toFloatArray();
        assertThat(got).isNotEqualTo(want);
        for (int i = 0; i < want.length; i++) {
          assertThat(got[i]).isCloseTo(want[i], within(Math.abs(want[i]) / 1024 + 1e-7f));
        }
      }
    }
    assertThat(Files.size(half)).isLessThan(Files.size(file) * 3 / 4);
  }

  @Test
  void halfPrecisionKeepsWhatItCannotHold() throws Exception {
    Path half = folder.resolve("half.safetensors");
    float[] large = {70_000, -1e9f};
    try (ClassifierModel whole = ClassifierModel.load(write(), Device.cpu())) {
      NDArray bias = StateDict.of(whole.network()).get("head.bias");
      float[] values = bias.toFloatArray();
      System.arraycopy(large, 0, values, 0, large.length);
      bias.set(values);
      whole.save(half, whole.description(), DataType.FLOAT16);
      try (ClassifierModel read = ClassifierModel.load(half, Device.cpu())) {
        assertThat(StateDict.of(read.network()).get("head.bias").toFloatArray()).isEqualTo(values);
      }
    }
  }

  @Test
  void tensorsThatDoNotFitAreNamed() throws Exception {
    Path file = write();
    assertRefused(
        rewrite(file, (manager, tensors, metadata) -> tensors.remove("head.bias")),
        MalformedModelException.class,
        "1 missing (head.bias)");
    assertRefused(
        rewrite(
            file, (manager, tensors, metadata) -> tensors.put("extra", manager.ones(new Shape(2)))),
        MalformedModelException.class,
        "1 unexpected (extra)");
    assertRefused(
        rewrite(
            file,
            (manager, tensors, metadata) -> tensors.put("head.bias", manager.ones(new Shape(4)))),
        MalformedModelException.class,
        "1 misshapen (head.bias is (4) but must be (3))");
  }

  @Test
  void filesThatAreNoModelAreRefused() throws Exception {
    Path file = write();
    byte[] whole = Files.readAllBytes(file);
    Path cut = Files.write(folder.resolve("cut.safetensors"), Arrays.copyOf(whole, 5000));
    assertRefused(cut, CheckpointException.class, "bytes");
    assertRefused(
        rewrite(file, (manager, tensors, metadata) -> metadata.clear()),
        CheckpointException.class,
        "says which network");
    assertRefused(
        rewrite(
            file,
            (manager, tensors, metadata) ->
                metadata.put(
                    ModelDescription.METADATA_KEY,
                    description(Map.of("depth", "deep"), "a").toJson())),
        CheckpointException.class,
        "depth must be a whole number from 1 on");
    assertRefused(
        rewrite(
            file,
            (manager, tensors, metadata) ->
                metadata.put(
                    ModelDescription.METADATA_KEY,
                    description(Map.of("num_classes", 3), "a").toJson())),
        CheckpointException.class,
        "names 1 classes");
  }

  @Test
  void filesOfOthersLoadByADescription() throws Exception {
    Path file = folder.resolve("weights.pth"); // its content, not its name, says what it is
    try (ClassifierModel model =
        ClassifierModel.create(description(SMALL, "a", "b", "c"), Device.cpu())) {
      Safetensors.write(file, StateDict.of(model.network()), Map.of());
    }
    try (ClassifierModel model =
        ClassifierModel.load(
            file, description(SMALL, "x", "y", "z"), LoadOptions.STRICT, Device.cpu())) {
      assertThat(model.description().classes()).containsExactly("x", "y", "z");
      assertThat(model.loadReport().orElseThrow().leftOut()).isEmpty();
      assertThat(model.network().getParameters().values()).noneMatch(Parameter::requiresGradient);
    }
    ModelDescription two = description(SMALL, "x", "y");
    assertThatThrownBy(() -> ClassifierModel.load(file, two, LoadOptions.STRICT, Device.cpu()))
        .isInstanceOf(MalformedModelException.class)
        .hasMessageContaining("head.weight is (3, 16) but must be (2, 16)");
    try (ClassifierModel model =
        ClassifierModel.load(file, two, new LoadOptions(null, true), Device.cpu())) {
      assertThat(model.loadReport().orElseThrow().initialized())
          .containsExactly("head.weight", "head.bias");
      assertThat(model.network().getParameters().values()).allMatch(Parameter::requiresGradient);
    }
  }

  @Test
  void theBundledModelLoadsAndSaysWhereItComesFrom() throws Exception {
    try (ClassifierModel model = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      assertThat(model.description().name()).isEqualTo(ModelCatalogue.DEFAULT);
      assertThat(model.description().classes()).hasSize(10);
      assertThat(model.description().notes()).containsKeys("command", "data", "test accuracy");
      assertThat(model.network().parameterCount()).isBetween(400_000L, 600_000L);
    }
  }

  @Test
  void foldersAndNamesThatAreNotThereAreNamed() {
    assertThatThrownBy(() -> ModelCatalogue.load(folder.toString(), Device.cpu()))
        .isInstanceOf(ModelNotFoundException.class)
        .hasMessageContaining("has no model.safetensors");
    assertThatThrownBy(() -> ModelCatalogue.load("a\0b", Device.cpu()))
        .isInstanceOf(ModelNotFoundException.class);
  }

  /** The network of a name, put together by hand, is filled with the weights of the name's. */
  @Test
  void aNetworkOfOnesOwnIsFilled() throws Exception {
    ModelDescription description = description(SMALL, "a", "b", "c");
    ModelDescription own =
        new ModelDescription(
            "own", "my network", Map.of(), description.classes(), description.input(), Map.of());
    try (ClassifierModel named = ClassifierModel.create(description, Device.cpu());
        ClassifierModel made =
            ClassifierModel.create(
                new Classifier(new Vim(VimConfig.MICRO.with(SMALL)), 3), own, Device.cpu());
        NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> weights = StateDict.of(named.network());
      weights.replaceAll((name, weight) -> weight.duplicate());
      made.fill(weights, "the other's weights");
      NDArray images = manager.randomNormal(new Shape(2, 1, 28, 28));
      ParameterStore store = new ParameterStore(manager, false);
      assertThat(made.network().forward(store, images, false).toFloatArray())
          .containsExactly(named.network().forward(store, images, false).toFloatArray());
      assertThat(made.djlModel().getBlock()).isSameAs(made.network());
    }
  }

  @Test
  void aNetworkOfOnesOwnFitsItsDescription() {
    Vim backbone = new Vim(VimConfig.MICRO.with(SMALL));
    assertThatThrownBy(
            () ->
                ClassifierModel.create(
                    new Classifier(backbone, 4), description(SMALL, "a", "b"), Device.cpu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("names 2 classes, but the network has 4");
    Vim colours = new Vim(VimConfig.MICRO.with(Map.of("depth", 1, "channels", 3)));
    assertThatThrownBy(
            () ->
                ClassifierModel.create(
                    new Classifier(colours, 2), description(SMALL, "a", "b"), Device.cpu()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 1 channels, but the network takes 3");
  }
}
