package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.detection.CascadeRcnn;
import dev.visionmamba.heads.detection.DetectionHead;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.detection.MaskRcnn;
import dev.visionmamba.heads.detection.RetinaNet;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetectorModelTest {
  private static final Map<String, Object> SMALL_MASK_RCNN =
      Map.of(
          "neck_channels", 8,
          "strides", List.of(4, 8, 16, 32),
          "anchor_scales", List.of(4, 5.5),
          "proposals", 20,
          "fc_channels", 12,
          "mask_channels", 6,
          "mask_convolutions", 2,
          "score_threshold", 0.0,
          "max_per_image", 5);
  private static final Map<String, Object> SMALL_RETINANET =
      Map.of(
          "neck_channels", 8,
          "strides", List.of(8, 16, 32, 64),
          "anchor_scale", 3,
          "scales_per_octave", 2,
          "convolutions", 1,
          "candidates", 30,
          "score_threshold", 0.0,
          "max_per_image", 5);

  private static final Map<String, Object> SMALL_CASCADE =
      Map.of(
          "neck_channels", 8,
          "fc_channels", 12,
          "proposals", 20,
          "score_threshold", 0.0,
          "max_per_image", 5);

  @TempDir private Path folder;

  private static final Map<String, Map<String, Object>> SMALL =
      Map.of(
          "mask_rcnn", SMALL_MASK_RCNN,
          "retinanet", SMALL_RETINANET,
          "cascade_mask_rcnn", SMALL_CASCADE);
  private static final Map<String, Class<? extends DetectionHead>> HEADS =
      Map.of(
          "mask_rcnn", MaskRcnn.class,
          "retinanet", RetinaNet.class,
          "cascade_mask_rcnn", CascadeRcnn.class);

  private static ModelDescription description(String head, Map<String, Object> arguments) {
    boolean plain = head.equals("cascade_mask_rcnn");
    return new ModelDescription(
        "small",
        plain ? "vim_tiny" : "vmamba_tiny_s1l8",
        plain
            ? Map.of("img_size", 64, "embed_dim", 16, "depth", 2, "if_cls_token", false)
            : Map.of("dims", 8, "depths", List.of(1, 1, 1, 1), "drop_path_rate", 0.0),
        new HeadDescription(head, arguments),
        List.of("cup", "saucer"),
        null,
        new FitInput(64, 96, 32, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f)),
        Map.of("made", "by a test"));
  }

  private static Map<String, float[]> weights(DetectorModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      StateDict.of(model.network())
          .forEach(
              (name, tensor) -> {
                NDArray copy = tensor.duplicate();
                copy.attach(manager);
                weights.put(name, copy.toFloatArray());
              });
    }
    return weights;
  }

  private static List<Detections> detect(DetectorModel model) {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray image = manager.arange(3f * 64 * 96).mul(0.7f).sin().reshape(new Shape(1, 3, 64, 96));
      return model
          .network()
          .detect(
              new ParameterStore(manager, false),
              image.toType(DataType.FLOAT32, false),
              List.of(ImageFrame.of(64, 96)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mask_rcnn", "retinanet", "cascade_mask_rcnn"})
  void aSavedModelIsTheSame(String head) throws Exception {
    boolean masks = !head.equals("retinanet");
    ModelDescription description = description(head, SMALL.get(head));
    Path file = folder.resolve(ModelCatalogue.MODEL_FILE);
    Map<String, float[]> written;
    List<Detections> found;
    try (DetectorModel created = DetectorModel.create(description, Device.cpu())) {
      assertThat(created.network().head()).isInstanceOf(HEADS.get(head));
      created.save(file, description, DataType.FLOAT32);
      written = weights(created);
      found = detect(created);
    }
    assertThat(found.get(0).size()).isEqualTo(5);
    try (DetectorModel loaded = ModelCatalogue.loadDetector(folder.toString(), Device.cpu())) {
      assertThat(loaded.description().toJson()).isEqualTo(description.toJson());
      Map<String, float[]> read = weights(loaded);
      assertThat(read.keySet()).isEqualTo(written.keySet());
      read.forEach((name, values) -> assertThat(values).as(name).isEqualTo(written.get(name)));
      Detections again = detect(loaded).get(0);
      assertThat(again.boxes()).isEqualTo(found.get(0).boxes());
      assertThat(again.scores()).isEqualTo(found.get(0).scores());
    }
    try (DetectorModel loaded = ModelCatalogue.loadDetector(file.toString(), Device.cpu())) {
      assertThat(loaded.description().toJson()).isEqualTo(description.toJson());
    }
    assertThatThrownBy(() -> ModelCatalogue.loadSegmenter(file.toString(), Device.cpu()))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(masks ? "instance segmentation" : "detection", "loadDetector");
  }

  @Test
  void whatCannotBeBuiltIsSaid() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> DetectorModel.create(description("upernet", Map.of()), Device.cpu()))
        .withMessageContainingAll("upernet", "no detector's", "mask_rcnn");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                DetectorModel.create(
                    description("mask_rcnn", Map.of("strides", List.of(4, 8, 16))), Device.cpu()))
        .withMessageContainingAll("[4, 8, 16]", "[4, 8, 16, 32]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                DetectorModel.create(
                    description("mask_rcnn", Map.of("strides", List.of(2, 4, 8, 16))),
                    Device.cpu()))
        .withMessageContainingAll("[2, 4, 8, 16]", "[4, 8, 16, 32]");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                DetectorModel.create(
                    description("retinanet", Map.of("fc_channels", 3)), Device.cpu()))
        .withMessageContaining("fc_channels");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                DetectorModel.create(
                    description("mask_rcnn", Map.of("anchor_scales", List.of(0))), Device.cpu()))
        .withMessageContaining("above 0");
  }
}
