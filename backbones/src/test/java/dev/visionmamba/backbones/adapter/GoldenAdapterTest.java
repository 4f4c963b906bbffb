package dev.visionmamba.backbones.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every part of the adapter against what its reference computes. */
class GoldenAdapterTest {
  private static final double TOLERANCE = 1e-5;
  private static final String PRIOR = "SpatialPriorModule";
  private static final String INJECTOR = "Injector (MSDeformAttn, 3 levels)";
  private static final String EXTRACTOR = "Extractor (MSDeformAttn, 1 level, ConvFFN)";

  static Stream<Path> files() {
    return GoldenFile.find(GoldenAdapterTest.class, "/golden-adapter").stream()
        .filter(
            path -> List.of(PRIOR, INJECTOR, EXTRACTOR).contains(GoldenFile.read(path).model()));
  }

  /** A part under the prefix of the files. */
  private static final class Whole extends NamedBlock {
    Whole(NamedBlock part) {
      child("m", part);
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      throw new UnsupportedOperationException();
    }
  }

  private NDArray input(GoldenFile file, String name, NDManager manager) {
    GoldenTensor tensor = file.inputs().get(name);
    return manager.create(tensor.elements(), new Shape(tensor.shape()));
  }

  private void load(NamedBlock part, GoldenFile file, NDManager manager) throws Exception {
    Whole whole = new Whole(part);
    assertThat(whole.getParameters().keys())
        .containsExactlyInAnyOrderElementsOf(
            file.parameters().stream().map(GoldenTensor::name).toList());
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (GoldenTensor tensor : file.parameters()) {
      tensors.put(tensor.name(), manager.create(tensor.elements(), new Shape(tensor.shape())));
    }
    StateDict.load(whole, tensors, manager);
    whole.freezeParameters(true);
  }

  private static AdapterConfig config(JsonObject config) {
    return new AdapterConfig(
        1,
        config.get("num_heads").getAsInt(),
        config.get("n_points").getAsInt(),
        config.get("deform_ratio").getAsDouble(),
        0.25,
        0);
  }

  /** Once through the kernel and once through DJL's operations. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void partAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    for (boolean recorded : new boolean[] {false, true}) {
      try (NDManager manager = NDManager.newBaseManager();
          GradientMode mode = GradientMode.set(recorded)) {
        check(file, results(file, manager));
      }
    }
  }

  private Map<String, NDArray> results(GoldenFile file, NDManager manager) throws Exception {
    ParameterStore store = new ParameterStore(manager, false);
    JsonObject config = file.config();
    Map<String, NDArray> results = new LinkedHashMap<>();
    if (file.model().equals(PRIOR)) {
      int width = config.get("inplanes").getAsInt();
      SpatialPriorModule module =
          new SpatialPriorModule(3, width, config.get("embed_dim").getAsInt());
      load(module, file, manager);
      NDArray images = input(file, "input", manager).transpose(0, 2, 3, 1);
      NDList maps = module.priors(store, images, false);
      assertThat(module.getOutputShapes(new Shape[] {images.getShape()}))
          .isEqualTo(maps.getShapes());
      results.put("c1", maps.get(0).transpose(0, 3, 1, 2));
      for (int i = 1; i < maps.size(); i++) {
        results.put("c" + (i + 1), maps.get(i).reshape(1, -1, maps.get(i).getShape().get(3)));
      }
      return results;
    }
    int channels = config.get("dim").getAsInt();
    int height = config.get("H").getAsInt();
    int width = config.get("W").getAsInt();
    NDArray map = input(file, "x", manager).reshape(1, height, width, channels);
    NDArray tokens = input(file, "c", manager);
    if (file.model().equals(EXTRACTOR)) {
      Extractor extractor = new Extractor(channels, config(config), 0);
      load(extractor, file, manager);
      results.put("output", extractor.forward(store, tokens, map, false));
      return results;
    }
    Injector injector = new Injector(channels, config(config));
    load(injector, file, manager);
    NDArray output = injector.forward(store, map, tokens, false).reshape(1, -1, channels);
    results.put("output", output);
    // The file's attention is of the map and the tokens before their norms.
    MapSize size = new MapSize(height, width);
    MultiScaleDeformableAttention attention =
        (MultiScaleDeformableAttention) injector.getChildren().get("attn");
    NDArray query = input(file, "x", manager);
    results.put(
        "attention",
        attention.forward(store, query, tokens, List.of(size), MapSize.around(size), false));
    return results;
  }

  private static void check(GoldenFile file, Map<String, NDArray> results) {
    assertThat(results.keySet()).isEqualTo(file.outputs().keySet());
    for (GoldenOutput output : file.outputs().values()) {
      NDArray result = results.get(output.name());
      assertThat(result.getShape()).isEqualTo(new Shape(output.shape()));
      output.check(result.toFloatArray(), TOLERANCE);
    }
  }
}
