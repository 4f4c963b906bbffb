package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.SegmenterModel;
import dev.visionmamba.zoo.TrainedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What computes pictures' answers has its batch norms folded, and answers as before. */
class FoldedNormsTest {
  private static final List<String> CLASSES = List.of("background", "boot");

  private static ModelDescription description(String head, Map<String, Object> arguments) {
    Map<String, Object> backbone =
        Map.of("embed_dim", List.of(8, 12, 16), "depths", List.of(1, 1, 1));
    HeadDescription described = new HeadDescription(head, arguments);
    return head.equals("pyramid_decoder")
        ? new ModelDescription("tiny", "efficientvim_m1", backbone, described, Map.of())
        : new ModelDescription(
            "tiny",
            "efficientvim_m1",
            backbone,
            described,
            CLASSES,
            null,
            new FitInput(64, 64, 32, List.of(0f, 0f, 0f), List.of(1f, 1f, 1f)),
            Map.of());
  }

  @Test
  void ofDetectors() {
    check(
        DetectorModel.create(
            description(
                "retinanet",
                Map.of("neck_channels", 8, "convolutions", 1, "strides", List.of(16, 32, 64))),
            Device.cpu()),
        model -> ObjectDetector.of(model, DetectorOptions.DEFAULT));
  }

  @Test
  void ofSegmenters() {
    check(
        SegmenterModel.create(
            description("semantic_fpn", Map.of("neck_channels", 8, "channels", 8)), Device.cpu()),
        SemanticSegmenter::of);
  }

  @Test
  void ofRestorers() {
    check(
        RestorerModel.create(description("pyramid_decoder", Map.of("channels", 8)), Device.cpu()),
        ImageRestorer::of);
  }

  private static <M extends TrainedModel<?>> void check(
      M model, Function<M, AutoCloseable> pipeline) {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    NamedBlock network = model.network();
    network.freezeParameters(true);
    Map<String, NDArray> state = StateDict.of(network);
    List<NDArray> means = new ArrayList<>();
    state.forEach(
        (name, array) -> {
          if (name.endsWith("running_mean")) {
            array.addi(0.3f);
            means.add(array);
          } else if (name.endsWith("running_var")) {
            array.addi(1.5f);
          }
        });
    assertThat(means).isNotEmpty();
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
      List<float[]> before = answers(network, images);
      try (AutoCloseable owner = pipeline.apply(model)) {
        for (NDArray mean : means) {
          assertThat(mean.toFloatArray()).containsOnly(0f);
        }
        List<float[]> after = answers(network, images);
        assertThat(after).hasSameSizeAs(before);
        for (int i = 0; i < after.size(); i++) {
          assertThat(after.get(i)).hasSameSizeAs(before.get(i));
          float scale = 0;
          for (float value : before.get(i)) {
            scale = Math.max(scale, Math.abs(value));
          }
          for (int k = 0; k < after.get(i).length; k++) {
            assertThat(after.get(i)[k]).isCloseTo(before.get(i)[k], within(1e-4f * scale));
          }
        }
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  private static List<float[]> answers(NamedBlock network, NDArray images) {
    ParameterStore store = new ParameterStore(images.getManager(), false);
    return network.forward(store, new NDList(images), false).stream()
        .map(NDArray::toFloatArray)
        .toList();
  }
}
