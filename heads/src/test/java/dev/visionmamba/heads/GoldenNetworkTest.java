package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.Gson;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.golden.NotImplemented;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every published network against what its reference computes. A file says what to build: its model
 * is a variant's published name, or the name of the reference's class, and its config the arguments
 * that differ.
 */
class GoldenNetworkTest {
  private static final double TOLERANCE = 3e-4;

  /** How the name of a model without a head ends. */
  private static final String BACKBONE = "_backbone";

  /** What the reference calls its class, for files whose config says everything. */
  private static final Map<String, String> CLASSES =
      Map.of("VisionMamba", "vim_tiny", "PlainMamba", "plainmamba_l1");

  static Stream<Path> files() {
    return GoldenFile.find(GoldenNetworkTest.class, "/golden").stream()
        .filter(path -> GoldenTopic.of(GoldenFile.read(path).model()).isEmpty());
  }

  /** Says of each file of the golden folder that no test checks why it is skipped. */
  @TestFactory
  Stream<DynamicTest> notImplemented() {
    return GoldenFile.more().stream()
        .filter(path -> NotImplemented.of(path).isPresent())
        .map(
            path -> {
              String what = NotImplemented.of(path).get();
              return DynamicTest.dynamicTest(
                  path.getFileName().toString(),
                  () -> {
                    assertThat(Backbones.find(GoldenFile.read(path).model()))
                        .as("%s, which is listed as not implemented", what)
                        .isEmpty();
                    Assumptions.abort(what + " is not implemented yet");
                  });
            });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void networkAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    String name = CLASSES.getOrDefault(file.model(), file.model()).replace(BACKBONE, "");
    assertThat(Backbones.find(name))
        .as("%s is for the model %s, which this project does not know", path, file.model())
        .isPresent();
    try (NDManager manager = NDManager.newBaseManager()) {
      Network network = Network.of(name, file);
      assertThat(network.block().getParameters().keys())
          .isEqualTo(
              file.parameters().stream().map(GoldenTensor::name).collect(Collectors.toList()));
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      for (GoldenTensor tensor : file.parameters()) {
        tensors.put(tensor.name(), create(manager, tensor));
      }
      StateDict.load(network.block(), tensors, manager);
      network.block().freezeParameters(true);

      NDArray input = create(manager, file.inputs().get("input"));
      check(network, input, file);
      network.block().foldNorms();
      check(network, input, file);
    }
  }

  private static void check(Network network, NDArray input, GoldenFile file) {
    Map<String, float[]> seen = new HashMap<>();
    try (NDManager scope = input.getManager().newSubManager()) {
      input.tempAttach(scope);
      network
          .function()
          .run(
              new ParameterStore(scope, false),
              input,
              (key, value) -> {
                if (file.outputs().containsKey(key)) {
                  seen.put(key, value.toFloatArray());
                }
              });
    }
    for (GoldenOutput output : file.outputs().values()) {
      assertThat(seen).containsKey(output.name());
      output.check(seen.get(output.name()), TOLERANCE);
    }
  }

  /** A classifier, or, where the file's model says so, a backbone. */
  private record Network(NamedBlock block, Function function) {

    interface Function {
      void run(ParameterStore store, NDArray input, Probe probe);
    }

    static Network of(String name, GoldenFile file) {
      if (file.model().endsWith(BACKBONE)) {
        Backbone backbone = Backbones.create(name, arguments(file), Purpose.FEATURES);
        return new Network(
            backbone, (store, input, probe) -> backbone.features(store, input, false, probe));
      }
      Classifier classifier = Classifier.create(name, arguments(file));
      return new Network(
          classifier,
          (store, input, probe) ->
              probe.see("logits", classifier.forward(store, input, false, probe)));
    }
  }

  private static Map<String, Object> arguments(GoldenFile file) {
    Map<String, Object> arguments = new HashMap<>();
    Map<?, ?> config = new Gson().fromJson(file.config(), Map.class);
    config.forEach((key, value) -> arguments.put((String) key, value));
    // The size of the stored position embedding follows from its shape.
    arguments.remove("pos_embed_interpolated_from");
    arguments.remove("backbone"); // the model's name says so
    return arguments;
  }

  private static NDArray create(NDManager manager, GoldenTensor tensor) {
    return manager.create(tensor.elements(), new Shape(tensor.shape()));
  }
}
