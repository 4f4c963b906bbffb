package dev.visionmamba.heads;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What tests of heads against golden files have in common. */
public final class GoldenBlocks {
  private GoldenBlocks() {}

  /** The files of a folder of resources, and those of the golden folder, that pin such models. */
  public static Stream<Path> files(Class<?> test, String folder, Set<String> models) {
    return GoldenFile.find(test, folder).stream()
        .filter(path -> models.contains(GoldenFile.read(path).model()));
  }

  /** Fills a block with a file's parameters, which must be its own by name and in order. */
  public static void load(NamedBlock block, GoldenFile file, NDManager manager)
      throws MalformedModelException {
    assertThat(block.getParameters().keys())
        .isEqualTo(file.parameters().stream().map(GoldenTensor::name).toList());
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (GoldenTensor tensor : file.parameters()) {
      tensors.put(tensor.name(), create(manager, tensor));
    }
    StateDict.load(block, tensors, manager);
    block.freezeParameters(true);
  }

  /** All inputs, in order. */
  public static NDList inputs(NDManager manager, GoldenFile file) {
    NDList list = new NDList();
    file.inputs().values().forEach(input -> list.add(create(manager, input)));
    return list;
  }

  /** A tensor of a file. */
  public static NDArray create(NDManager manager, GoldenTensor tensor) {
    return manager.create(tensor.elements(), new Shape(tensor.shape()));
  }

  /** A list of whole numbers. */
  public static List<Integer> integers(JsonObject config, String key) {
    List<Integer> list = new ArrayList<>();
    for (JsonElement element : config.getAsJsonArray(key)) {
      list.add(element.getAsInt());
    }
    return list;
  }

  /** A number, or another where it is not given. */
  public static int integer(JsonObject config, String key, int otherwise) {
    return config.has(key) ? config.get(key).getAsInt() : otherwise;
  }

  /** Levels of these channels, each at twice the stride of the one before. */
  public static List<LevelShape> levels(List<Integer> channels, int finest) {
    List<LevelShape> levels = new ArrayList<>();
    for (int i = 0; i < channels.size(); i++) {
      levels.add(new LevelShape(channels.get(i), finest << i));
    }
    return levels;
  }
}
