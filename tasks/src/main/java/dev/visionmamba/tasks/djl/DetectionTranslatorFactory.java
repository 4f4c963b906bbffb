package dev.visionmamba.tasks.djl;

import ai.djl.Model;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.translator.BaseImageTranslatorFactory;
import ai.djl.translate.Translator;
import java.io.Serializable;
import java.util.Map;

/**
 * Makes the translator of a detector that {@link VisionMambaBlockFactory} or the model zoo has
 * loaded, for all inputs that DJL makes of an image ({@code Image}, {@code Path}, {@code URL},
 * {@code InputStream}, and {@code Input} with {@code Output} for DJL Serving). Which objects are
 * given is the block factory's business.
 */
public final class DetectionTranslatorFactory extends BaseImageTranslatorFactory<DetectedObjects>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** For DJL, which finds this class by the name in {@code serving.properties}. */
  public DetectionTranslatorFactory() {}

  @Override
  protected Translator<Image, DetectedObjects> buildBaseTranslator(
      Model model, Map<String, ?> arguments) {
    return new DetectionTranslator(VisionMambaBlockFactory.description(model));
  }

  @Override
  public Class<DetectedObjects> getBaseOutputType() {
    return DetectedObjects.class;
  }
}
