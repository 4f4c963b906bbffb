package dev.visionmamba.heads;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.Prediction;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.Map;

/**
 * A backbone with its family's classification head: images in, a score a class out. Its parameters
 * have the names and the order of the published classifier's state dict.
 */
public final class Classifier extends NamedBlock {
  private final Backbone backbone;
  private final ClassificationHead head;
  private final int classes;

  /**
   * A classifier with uninitialised parameters.
   *
   * @param backbone the backbone
   * @param classes how many classes, at least 1
   */
  public Classifier(Backbone backbone, int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("num_classes must be at least 1, got " + classes);
    }
    this.backbone = child("backbone", backbone);
    this.classes = classes;
    this.head = child("head", backbone.classificationHead(classes));
  }

  /**
   * A published classifier by name, changed.
   *
   * @param name the backbone's short name or an alias, exactly
   * @param arguments arguments of the reference's constructor that replace the variant's; {@code
   *     num_classes} is 1000 unless given
   * @return a classifier with uninitialised parameters
   * @throws IllegalArgumentException if there is no such backbone or argument
   */
  public static Classifier create(String name, Map<String, ?> arguments) {
    Map<String, Object> backboneArguments = new HashMap<>(arguments);
    Object classes = backboneArguments.remove("num_classes");
    if (classes != null
        && !(classes instanceof Number number
            && number.doubleValue() == Math.rint(number.doubleValue()))) {
      throw new IllegalArgumentException("num_classes must be a whole number, got " + classes);
    }
    return new Classifier(
        Backbones.create(name, backboneArguments, Purpose.CLASSIFICATION),
        classes == null ? 1000 : ((Number) classes).intValue());
  }

  /**
   * Scores before softmax. Where the whole backbone is frozen, a training step runs it as in
   * prediction, which is much faster: nothing is recorded in it, and nothing is dropped, unless the
   * images require gradients. In prediction nothing else is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step; if not, nothing is recorded for gradients
   * @return (B, classes)
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    return forward(store, images, training, Probe.NONE);
  }

  /**
   * Scores before softmax, with a look inside.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step; if not, nothing is recorded for gradients
   * @param probe sees the backbone's intermediate results
   * @return (B, classes)
   */
  public NDArray forward(ParameterStore store, NDArray images, boolean training, Probe probe) {
    Probe seen = probe.in(images.getManager());
    boolean recorded = training && GradientMode.isOn();
    try (GradientMode mode = GradientMode.set(recorded)) {
      return Prediction.run(
          images,
          training,
          borrowed ->
              Casts.single(
                  head.scores(store, features(store, borrowed, training, seen), training)));
    }
  }

  /** What the head reads. A backbone that learns nothing computes as in prediction. */
  private NDList features(ParameterStore store, NDArray images, boolean training, Probe probe) {
    boolean learns = training && (images.hasGradient() || learns(backbone));
    try (GradientMode mode = GradientMode.set(learns && GradientMode.isOn())) {
      return backbone.classificationFeatures(store, images, learns, probe);
    }
  }

  private static boolean learns(NamedBlock block) {
    return block.getParameters().values().stream().anyMatch(Parameter::requiresGradient);
  }

  @Override
  public ParameterList getParameters() {
    return head.stateDict(backbone);
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    backbone.adapt(tensors);
  }

  /**
   * The backbone.
   *
   * @return it
   */
  public Backbone backbone() {
    return backbone;
  }

  /**
   * The head.
   *
   * @return it
   */
  public ClassificationHead head() {
    return head;
  }

  /**
   * How many classes.
   *
   * @return at least 1
   */
  public int classes() {
    return classes;
  }

  /**
   * What one image costs: one multiply-add is one operation, as the papers count.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return multiply-adds
   */
  public long multiplyAdds(int height, int width) {
    return backbone.multiplyAdds(height, width) + head.multiplyAdds();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), classes)};
  }
}
