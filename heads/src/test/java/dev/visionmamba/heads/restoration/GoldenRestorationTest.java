package dev.visionmamba.heads.restoration;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.Gson;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.heads.GoldenTopic;
import dev.visionmamba.heads.restoration.mambair.MambaIR;
import dev.visionmamba.heads.restoration.mambair.MambaIRConfig;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNet;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNetConfig;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2Config;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every restoration network against what its reference computes. A file's model is the name of the
 * reference's class, its config the arguments.
 */
class GoldenRestorationTest {
  private static final double TOLERANCE = 3e-4;

  /** The reference's test of large images around a network. */
  private static final String TILED = "MambaIRModel.test";

  static Stream<Path> files() {
    return GoldenTopic.RESTORERS.files(GoldenRestorationTest.class, "golden");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void networkAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    Restorer network = network(file);
    assertThat(network.getParameters().keys())
        .isEqualTo(file.parameters().stream().map(GoldenTensor::name).collect(Collectors.toList()));
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      for (GoldenTensor tensor : file.parameters()) {
        tensors.put(tensor.name(), create(manager, tensor));
      }
      StateDict.load(network, tensors, manager);
      network.freezeParameters(true);

      NDArray input = create(manager, file.inputs().get("input"));
      float[] pixels = input.toFloatArray();
      int arrays = manager.getManagedArrays().size();
      try (NDManager scope = manager.newSubManager()) {
        input.tempAttach(scope);
        ParameterStore store = new ParameterStore(scope, false);
        NDArray output;
        if (file.model().equals(TILED)) {
          Shape s = input.getShape();
          TileGrid grid = TileGrid.of((int) s.get(2), (int) s.get(3), TileGrid.PUBLISHED_SIDE);
          output = grid.restore(network, store, input);
        } else {
          output = network.forward(store, input, false);
        }
        assertThat(output.getShape()).isEqualTo(network.getOutputShapes(shapes(input))[0]);
        file.outputs().get("output").check(output.toFloatArray(), TOLERANCE);
        assertThat(scope.getManagedArrays())
            .as("nothing but the input and the output stays")
            .hasSize(2);
      }
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(input.toFloatArray()).isEqualTo(pixels);
    }
  }

  private static Shape[] shapes(NDArray array) {
    return new Shape[] {array.getShape()};
  }

  private static Restorer network(GoldenFile file) {
    Map<String, Object> arguments = new HashMap<>();
    Map<?, ?> config = new Gson().fromJson(file.config(), Map.class);
    config.forEach((key, value) -> arguments.put((String) key, value));
    return switch (file.model()) {
      case "MambaIR", TILED -> new MambaIR(MambaIRConfig.DEFAULT.with(arguments));
      case "MambaIRUNet" -> new MambaIRUNet(MambaIRUNetConfig.REAL_DN.with(arguments));
      case "MambaIRv2" -> new MambaIRv2(MambaIRv2Config.DEFAULT.with(arguments));
      case "MambaIRv2Light" -> new MambaIRv2(MambaIRv2Config.LIGHT_DEFAULT.with(arguments));
      default -> throw new IllegalArgumentException(file + " is for " + file.model());
    };
  }

  private static NDArray create(NDManager manager, GoldenTensor tensor) {
    return manager.create(tensor.elements(), new Shape(tensor.shape()));
  }
}
