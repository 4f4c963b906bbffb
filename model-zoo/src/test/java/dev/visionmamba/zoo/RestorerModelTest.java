package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.restoration.mambair.MambaIR;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.PyTorchWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestorerModelTest {
  @TempDir private Path folder;

  private static final ModelDescription WHOLE =
      new ModelDescription(
          "small.x2",
          "mambair_light_x2",
          Map.of("embed_dim", 30, "depths", List.of(1), "d_state", 3),
          HeadDescription.RESTORER,
          Map.of("degradation", "x2"));

  private static final ModelDescription DECODER =
      new ModelDescription(
          "small.noise25",
          "vmamba_micro",
          Map.of("dims", 8, "depths", List.of(1, 1), "out_indices", List.of(0, 1)),
          new HeadDescription("pyramid_decoder", Map.of("channels", 6)),
          Map.of());

  static Stream<ModelDescription> models() {
    return Stream.of(WHOLE, DECODER);
  }

  private static float[] restored(Restorer network) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray image = manager.arange(3f * 9 * 7).mul(0.7f).sin().reshape(new Shape(1, 3, 9, 7));
      NDArray unit = image.toType(DataType.FLOAT32, false).add(1).div(2);
      return network.forward(new ParameterStore(manager, false), unit, false).toFloatArray();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void aSavedModelIsTheSame(ModelDescription description) throws Exception {
    Path file = folder.resolve(ModelCatalogue.MODEL_FILE);
    float[] wanted;
    try (RestorerModel created = RestorerModel.create(description, Device.cpu())) {
      assertThat(created.network())
          .isInstanceOf(description == WHOLE ? MambaIR.class : PyramidRestorer.class);
      for (Parameter parameter : created.network().getParameters().values()) {
        parameter.getArray().addi(0.01f); // the decoder's last layer, too, which starts at zero
      }
      created.save(file, description, DataType.FLOAT32);
      wanted = restored(created.network());
    }
    assertThat(ModelCatalogue.task(file.toString())).isEqualTo(Task.RESTORATION);
    for (String name : List.of(file.toString(), folder.toString())) {
      try (RestorerModel loaded = ModelCatalogue.loadRestorer(name, Device.cpu())) {
        assertThat(loaded.description().toJson()).isEqualTo(description.toJson());
        assertThat(restored(loaded.network())).isEqualTo(wanted);
        assertThat(loaded.network().getParameters().values())
            .noneMatch(Parameter::requiresGradient);
      }
    }
    try (TrainedModel<?> loaded = ModelCatalogue.loadAny(file.toString(), Device.cpu())) {
      assertThat(loaded).isInstanceOf(RestorerModel.class);
    }
    assertThatThrownBy(() -> ModelCatalogue.loadSegmenter(file.toString(), Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("loadRestorer");
  }

  private static CatalogueEntry entry(String name) {
    return Catalogue.published().find(name).orElseThrow();
  }

  private static float[] floats(NDArray array) {
    return array.toFloatArray();
  }

  /** Random weights under a key, as BasicSR writes them. */
  @ParameterizedTest
  @CsvSource({
    "mambair_light_x2, params, params",
    "mambair_light_x3.bicubic, params_ema, ",
    "mambairv2_light_x2, params, "
  })
  void aFileAsItWasReleasedFillsTheNetwork(String name, String key, String asked) throws Exception {
    CatalogueEntry entry = entry(name);
    try (NDManager manager = NDManager.newBaseManager()) {
      Restorer drawn = Restorers.create(entry.backbone());
      drawn.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 8, 8));
      Map<String, NDArray> tensors = new LinkedHashMap<>(StateDict.of(drawn));
      Map<String, NDArray> stored = new LinkedHashMap<>(tensors);
      if (name.contains("v2")) {
        stored.put("relative_position_index_SA", manager.zeros(new Shape(256, 256)));
      }
      Path file = folder.resolve(entry.file());
      PyTorchWriter.write(file, key, stored);
      LoadOptions options = new LoadOptions(asked, false);
      try (RestorerModel loaded = ModelCatalogue.openRestorer(entry, file, options, Device.cpu())) {
        assertThat(loaded.loadReport().orElseThrow().key()).isEqualTo(key);
        assertThat(loaded.loadReport().orElseThrow().initialized()).isEmpty();
        assertThat(loaded.description().name()).isEqualTo(entry.name());
        assertThat(loaded.description().notes())
            .containsEntry("licence", "Apache-2.0")
            .containsEntry(
                "Urban100 PSNR", entry.scores().get("Urban100 PSNR") + " dB (published)");
        Map<String, NDArray> filled = StateDict.of(loaded.network());
        assertThat(filled.keySet()).isEqualTo(tensors.keySet());
        tensors.forEach(
            (parameter, tensor) ->
                assertThat(floats(filled.get(parameter))).as(parameter).isEqualTo(floats(tensor)));
      }
      stored.remove("conv_first.bias");
      PyTorchWriter.write(file, key, stored);
      assertThatThrownBy(() -> ModelCatalogue.openRestorer(entry, file, options, Device.cpu()))
          .isInstanceOf(MalformedModelException.class)
          .hasMessageContainingAll(file.toString(), "1 missing (conv_first.bias)");
    }
  }

  @Test
  void everyRestorerHasItsCheckpoints() throws Exception {
    for (Restorers.Entry restorer : Restorers.all()) {
      List<CatalogueEntry> entries = Catalogue.published().ofNetwork(restorer.name());
      int expected =
          switch (restorer.task()) {
            case SUPER_RESOLUTION, REAL_DENOISING -> 1;
            case GAUSSIAN_DENOISING -> restorer.family().equals("MambaIR") ? 3 : 1;
            case JPEG_ARTIFACTS -> 3;
          };
      assertThat(entries).as(restorer.name()).hasSize(expected);
      for (CatalogueEntry entry : entries) {
        assertThat(entry.task()).isEqualTo(Task.RESTORATION);
        assertThat(entry.nesting()).isEqualTo("params");
        ModelCatalogue.requireSupported(entry, Task.RESTORATION);
      }
      assertThat(entry(restorer.name()).network()).isEqualTo(restorer.name());
      for (String alias : restorer.aliases()) {
        assertThat(entry(alias).network()).isEqualTo(restorer.name());
      }
    }
    assertThat(entry("mambair_colordn").tag()).isEqualTo("sigma25");
    assertThat(entry("mambair_colordn.sigma50").scores())
        .containsExactly(Map.entry("Urban100 PSNR", 30.07));
    assertThat(entry("MambaIR_light2").scores().get("Urban100 SSIM")).isEqualTo(0.9356);
    assertThat(entry("mambairv2_car.jpeg10").urls().get(0).getHost()).isEqualTo("github.com");
  }

  @ParameterizedTest
  @ValueSource(strings = {"restorer", "pyramid_decoder", "linear"})
  void descriptionsThatFitNoRestorerAreRefused(String head) {
    HeadDescription described = new HeadDescription(head, Map.of("channel", 3));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                RestorerModel.create(
                    new ModelDescription("a", "vmamba_micro", Map.of(), described, Map.of()),
                    Device.cpu()))
        .withMessageContaining(head.equals("linear") ? "classes" : "channel");
  }

  @Test
  void aRestorerHasNoClasses() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new ModelDescription(
                    "a",
                    "mambair_car",
                    Map.of(),
                    HeadDescription.RESTORER,
                    List.of("cat"),
                    null,
                    null,
                    Map.of()))
        .withMessageContaining("no classes");
    assertThat(ModelDescription.fromJson(WHOLE.toJson()).toJson()).isEqualTo(WHOLE.toJson());
  }
}
