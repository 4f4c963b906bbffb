package dev.visionmamba.tasks.djl;

import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.tasks.DetectedPicture;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.zoo.ModelDescription;
import java.util.List;

/**
 * Turns an image into a detector's input and what it finds into boxes, or boxes with masks, exactly
 * as {@link dev.visionmamba.tasks.ObjectDetector} and {@link
 * dev.visionmamba.tasks.InstanceSegmenter} do. Images of a batch are looked at one by one, for they
 * may have any sizes. It has no state, so any number of threads may share it.
 */
public final class DetectionTranslator implements NoBatchifyTranslator<Image, DetectedObjects> {
  private final FitPreprocessing preprocessing;
  private final List<String> classes;

  /**
   * A translator for a model that {@link VisionMambaBlockFactory} or the model zoo has loaded.
   *
   * @param description what the model says about itself
   */
  public DetectionTranslator(ModelDescription description) {
    this.preprocessing = new FitPreprocessing(description.fit());
    this.classes = description.classes();
  }

  /** An image of any size to (1, 3, H, W) and its frame. */
  @Override
  public NDList processInput(TranslatorContext context, Image image) {
    FittedImage fitted = FittedImage.of(image, preprocessing, context);
    return DetectionBlock.input(fitted.pixels(), fitted.frame());
  }

  /** Boxes, scores, labels and masks to DJL's objects, the surest first. */
  @Override
  public DetectedObjects processOutput(TranslatorContext context, NDList found) {
    ImageFrame frame = FittedImage.frame(context);
    return DetectedPicture.of(
            frame.originalWidth(),
            frame.originalHeight(),
            DetectionBlock.detections(found),
            classes)
        .toDjl();
  }
}
