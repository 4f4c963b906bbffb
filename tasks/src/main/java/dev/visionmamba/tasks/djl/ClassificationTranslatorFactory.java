package dev.visionmamba.tasks.djl;

import ai.djl.Model;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.translator.BaseImageTranslatorFactory;
import ai.djl.translate.ArgumentsUtil;
import ai.djl.translate.Translator;
import java.io.Serializable;
import java.util.Map;

/**
 * Makes the translator of a model that {@link VisionMambaBlockFactory} or the model zoo has loaded,
 * for all inputs that DJL makes of an image ({@code Image}, {@code Path}, {@code URL}, {@code
 * InputStream}, and {@code Input} with {@code Output} for DJL Serving). The argument {@code topK}
 * says how many classes an answer shows, 5 if it is left out.
 */
public final class ClassificationTranslatorFactory
    extends BaseImageTranslatorFactory<Classifications> implements Serializable {
  private static final long serialVersionUID = 1L;

  /** For DJL, which finds this class by the name in {@code serving.properties}. */
  public ClassificationTranslatorFactory() {}

  @Override
  protected Translator<Image, Classifications> buildBaseTranslator(
      Model model, Map<String, ?> arguments) {
    return new ClassificationTranslator(
        VisionMambaBlockFactory.description(model), ArgumentsUtil.intValue(arguments, "topK", 5));
  }

  @Override
  public Class<Classifications> getBaseOutputType() {
    return Classifications.class;
  }
}
