package dev.visionmamba.heads;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which test checks a golden file: the one of its topic, by the model that it names, or else {@link
 * GoldenNetworkTest}. So no file of a golden folder goes unchecked.
 */
public enum GoldenTopic {
  /** Checked by {@code GoldenOperatorTest} in the module {@code scans}. */
  SCANS("selective_scan", "causal_conv1d", "ssd_minimal_discrete"),
  /**
   * Checked by {@code GoldenAdapterTest} and {@code PlainMambaAdapterTest} in {@code backbones}.
   */
  ADAPTERS(
      "SpatialPriorModule",
      "Injector (MSDeformAttn, 3 levels)",
      "Extractor (MSDeformAttn, 1 level, ConvFFN)",
      "PlainMambaAdapter"),
  /** Checked by {@code GoldenOperatorsTest}. */
  BOXES_AND_MASKS(
      "AnchorGenerator",
      "DeltaXYWHBBoxCoder",
      "nms, batched_nms, multiclass_nms",
      "_do_paste_mask",
      "mmcv.rescale_size",
      "RoIAlign",
      "SingleRoIExtractor.map_roi_levels",
      "SingleRoIExtractor"),
  /** Checked by {@code ResizeTest}. */
  RESIZING("interpolate, adaptive_avg_pool2d, max_pool2d, pixel_shuffle"),
  /** Checked by {@code GoldenNeckTest}. */
  NECKS("FPN", "EfficientViTFPN"),
  /** Checked by {@code GoldenDetectionTest}. */
  DETECTORS(
      "MaskRCNN", "RetinaNet", "SimpleFeaturePyramid+RPN+CascadeROIHeads", "VMamba Mask R-CNN"),
  /** Checked by {@code GoldenSegmentationTest}, as the next two. */
  DECODE_HEADS("UPerHead+FCNHead", "FPN+FPNHead"),
  /** Whole-image and sliding-window inference. */
  SEGMENTATION_INFERENCE("EncoderDecoder"),
  /** Whole segmenters. */
  SEGMENTERS("VMamba UPerNet"),
  /** Checked by {@code GoldenRestorationTest}. */
  RESTORERS("MambaIR", "MambaIRUNet", "MambaIRv2", "MambaIRv2Light", "MambaIRModel.test");

  private final Set<String> models;

  GoldenTopic(String... models) {
    this.models = Set.of(models);
  }

  /** The topic of a model; empty for a network for classes or its backbone. */
  static Optional<GoldenTopic> of(String model) {
    return Arrays.stream(values()).filter(topic -> topic.models.contains(model)).findFirst();
  }

  /** The files of this topic in a folder of resources and in the golden folder. */
  public Stream<Path> files(Class<?> test, String folder) {
    return GoldenBlocks.files(test, folder, models);
  }
}
