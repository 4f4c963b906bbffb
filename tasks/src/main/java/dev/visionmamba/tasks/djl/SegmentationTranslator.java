package dev.visionmamba.tasks.djl;

import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.CategoryMask;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.tasks.SegmentedPicture;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.zoo.ModelDescription;
import java.util.List;

/**
 * Turns an image into a segmenter's input and its scores into a class for each pixel of the image,
 * exactly as {@link dev.visionmamba.tasks.SemanticSegmenter} does of pictures as a whole. Images of
 * a batch are looked at one by one, for they may have any sizes. It has no state, so any number of
 * threads may share it.
 */
public final class SegmentationTranslator implements NoBatchifyTranslator<Image, CategoryMask> {
  private final FitPreprocessing preprocessing;
  private final List<String> classes;

  /**
   * A translator for a model that {@link VisionMambaBlockFactory} or the model zoo has loaded.
   *
   * @param description what the model says about itself
   */
  public SegmentationTranslator(ModelDescription description) {
    this.preprocessing = new FitPreprocessing(description.fit());
    this.classes = description.classes();
  }

  /** An image of any size to (1, 3, H, W). */
  @Override
  public NDList processInput(TranslatorContext context, Image image) {
    return new NDList(FittedImage.of(image, preprocessing, context).pixels());
  }

  /** Scores, (1, classes, H, W), to a class for each pixel of the image. */
  @Override
  public CategoryMask processOutput(TranslatorContext context, NDList scores) {
    ImageFrame frame = FittedImage.frame(context);
    NDIndex seen = new NDIndex(":, :, :{}, :{}", frame.height(), frame.width());
    try (NDArray part = scores.singletonOrThrow().get(seen)) {
      return SegmentedPicture.of(frame.originalWidth(), frame.originalHeight(), part, classes)
          .toDjl();
    }
  }
}
