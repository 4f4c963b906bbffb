package dev.visionmamba.tasks.training;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.visionmamba.heads.detection.DetectionObjective;
import dev.visionmamba.heads.detection.MaskRcnnObjective;
import dev.visionmamba.heads.detection.RetinaNetObjective;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ModelDescription;
import java.util.List;
import java.util.Map;

/** Detectors of {@link Things} that take little time. */
final class SmallDetectors {
  static final FitInput INPUT =
      new FitInput(32, 64, 16, List.of(0.5f, 0.5f, 0.5f), List.of(0.25f, 0.25f, 0.25f));

  private SmallDetectors() {}

  /** With the same weights each time. */
  static DetectorModel create(boolean masks) {
    Engine.getEngine("PyTorch").setRandomSeed(3);
    return DetectorModel.create(description(masks), Device.cpu());
  }

  static ModelDescription description(boolean masks) {
    Map<String, Object> maskRcnn =
        Map.of(
            "neck_channels",
            16,
            "strides",
            List.of(4, 8, 16),
            "anchor_scales",
            List.of(4),
            "proposals",
            20,
            "fc_channels",
            16,
            "mask_channels",
            8,
            "mask_convolutions",
            1,
            "max_per_image",
            40);
    Map<String, Object> retinaNet =
        Map.of(
            "neck_channels",
            16,
            "strides",
            List.of(4, 8, 16),
            "scales_per_octave",
            1,
            "convolutions",
            1,
            "max_per_image",
            10,
            "score_threshold",
            0.001);
    return new ModelDescription(
        "things",
        "vmamba_tiny_s1l8",
        Map.of(
            "dims",
            16,
            "depths",
            List.of(1, 1),
            "out_indices",
            List.of(0, 1),
            "drop_path_rate",
            0.0),
        new HeadDescription(masks ? "mask_rcnn" : "retinanet", masks ? maskRcnn : retinaNet),
        Things.CLASSES,
        null,
        INPUT,
        Map.of());
  }

  static DetectionObjective objective(boolean masks) {
    return masks ? MaskRcnnObjective.ofSamples(32, 16, 20) : RetinaNetObjective.published();
  }
}
