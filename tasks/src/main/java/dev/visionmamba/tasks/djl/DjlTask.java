package dev.visionmamba.tasks.djl;

import ai.djl.Application;
import ai.djl.modality.cv.translator.BaseImageTranslatorFactory;
import ai.djl.nn.Block;
import ai.djl.translate.ArgumentsUtil;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.tasks.DetectorOptions;
import dev.visionmamba.zoo.catalogue.Task;
import java.util.Map;

/**
 * What DJL has for a task.
 *
 * @param application DJL's name for it
 * @param translators makes translators from images to DJL's answers
 * @param block makes what a predictor runs of a network and the arguments of its loading
 */
record DjlTask(
    Application application, BaseImageTranslatorFactory<?> translators, BlockMaker block) {

  /** Makes a block. */
  @FunctionalInterface
  interface BlockMaker {
    Block of(NamedBlock network, Map<String, ?> arguments);
  }

  /**
   * What DJL has.
   *
   * @throws IllegalArgumentException for restoration
   */
  static DjlTask of(Task task) {
    return switch (task) {
      case CLASSIFICATION ->
          new DjlTask(
              Application.CV.IMAGE_CLASSIFICATION,
              new ClassificationTranslatorFactory(),
              (network, arguments) -> network);
      case DETECTION -> detection(Application.CV.OBJECT_DETECTION);
      case INSTANCE_SEGMENTATION -> detection(Application.CV.INSTANCE_SEGMENTATION);
      case SEMANTIC_SEGMENTATION ->
          new DjlTask(
              Application.CV.SEMANTIC_SEGMENTATION,
              new SegmentationTranslatorFactory(),
              (network, arguments) -> new SegmentationBlock((Segmenter) network));
      case RESTORATION ->
          throw new IllegalArgumentException(
              "restorers are not made for DJL's predictors, which take pictures whole; use"
                  + " ImageRestorer, which takes them in tiles");
    };
  }

  private static DjlTask detection(Application application) {
    return new DjlTask(
        application,
        new DetectionTranslatorFactory(),
        (network, arguments) -> {
          Detector detector = (Detector) network;
          return new DetectionBlock(detector, options(detector, arguments));
        });
  }

  private static DetectionOptions options(Detector network, Map<String, ?> arguments) {
    DetectorOptions usual = DetectorOptions.DEFAULT;
    DetectorOptions chosen =
        new DetectorOptions(
            ArgumentsUtil.floatValue(arguments, "threshold", (float) usual.scoreThreshold()),
            ArgumentsUtil.floatValue(arguments, "nmsThreshold", (float) usual.nmsThreshold()),
            ArgumentsUtil.intValue(arguments, "mostObjects", usual.mostObjects()),
            1,
            null);
    boolean masks = ArgumentsUtil.booleanValue(arguments, "masks", network.head().findsMasks());
    return new DetectionOptions(chosen.selection(), masks && network.head().findsMasks());
  }
}
