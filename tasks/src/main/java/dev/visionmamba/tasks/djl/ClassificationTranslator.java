package dev.visionmamba.tasks.djl;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Batchifier;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.zoo.ModelDescription;
import java.util.List;

/**
 * Turns an image into a classifier's input and its scores into probabilities, exactly as {@link
 * dev.visionmamba.tasks.ImageClassifier} does. It has no state, so any number of threads may share
 * it.
 */
public final class ClassificationTranslator implements Translator<Image, Classifications> {
  private final Preprocessing preprocessing;
  private final List<String> classes;
  private final int topK;

  /**
   * A translator for a model.
   *
   * @param description what the model says about itself
   * @param topK how many classes an answer shows by default, at least 1
   * @throws IllegalArgumentException if topK is below 1
   */
  public ClassificationTranslator(ModelDescription description, int topK) {
    if (topK < 1) {
      throw new IllegalArgumentException("topK must be at least 1, got " + topK);
    }
    this.preprocessing = Preprocessing.of(description.input());
    this.classes = description.classes();
    this.topK = topK;
  }

  /** An image of any size to (C, H, W). */
  @Override
  public NDList processInput(TranslatorContext context, Image image) {
    NDArray pixels =
        HostMemory.write(
            context.getNDManager(),
            new Shape(
                preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth()),
            memory -> preprocessing.write(PixelImage.of(image), memory));
    return new NDList(pixels);
  }

  /** Scores, (classes), to every class with its probability. */
  @Override
  public Classifications processOutput(TranslatorContext context, NDList scores) {
    Classifications answer = new Classifications(classes, scores.singletonOrThrow().softmax(0));
    answer.setTopK(topK);
    return answer;
  }

  @Override
  public Batchifier getBatchifier() {
    return Batchifier.STACK;
  }
}
