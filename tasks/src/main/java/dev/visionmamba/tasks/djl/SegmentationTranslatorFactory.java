package dev.visionmamba.tasks.djl;

import ai.djl.Model;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.CategoryMask;
import ai.djl.modality.cv.translator.BaseImageTranslatorFactory;
import ai.djl.translate.Translator;
import java.io.Serializable;
import java.util.Map;

/**
 * Makes the translator of a segmenter that {@link VisionMambaBlockFactory} or the model zoo has
 * loaded, for all inputs that DJL makes of an image ({@code Image}, {@code Path}, {@code URL},
 * {@code InputStream}, and {@code Input} with {@code Output} for DJL Serving).
 */
public final class SegmentationTranslatorFactory extends BaseImageTranslatorFactory<CategoryMask>
    implements Serializable {
  private static final long serialVersionUID = 1L;

  /** For DJL, which finds this class by the name in {@code serving.properties}. */
  public SegmentationTranslatorFactory() {}

  @Override
  protected Translator<Image, CategoryMask> buildBaseTranslator(
      Model model, Map<String, ?> arguments) {
    return new SegmentationTranslator(VisionMambaBlockFactory.description(model));
  }

  @Override
  public Class<CategoryMask> getBaseOutputType() {
    return CategoryMask.class;
  }
}
