package dev.visionmamba.heads;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.Map;

/**
 * A backbone with a linear head: images in, a score a class out. Its parameters have the names and
 * the order of the published classifier's state dict: the backbone's without a prefix, {@code head}
 * where the reference has it.
 */
public final class Classifier extends NamedBlock {
  private static final String BACKBONE = "backbone";
  private static final String HEAD = "head";

  private final Backbone backbone;
  private final Linear head;
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
    this.backbone = child(BACKBONE, backbone);
    this.classes = classes;
    this.head =
        child(
            HEAD,
            new Linear(
                backbone.pooledChannels(),
                classes,
                Initializers.truncatedNormal(0.02f),
                Initializers.constant(0f)));
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
        Backbones.create(name, backboneArguments),
        classes == null ? 1000 : ((Number) classes).intValue());
  }

  /**
   * Scores before softmax.
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
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn())) {
      NDArray pooled = backbone.pooled(store, images, training, probe); // (B, C)
      return head.forward(store, pooled, training);
    }
  }

  @Override
  public ParameterList getParameters() {
    ParameterList list = new ParameterList();
    String headFollows = backbone.headFollows().orElse(null);
    for (Pair<String, Parameter> parameter : backbone.getDirectParameters()) {
      list.add(parameter);
    }
    for (Pair<String, Block> child : backbone.getChildren()) {
      addAll(list, child.getKey(), child.getValue());
      if (child.getKey().equals(headFollows)) {
        addAll(list, HEAD, head);
      }
    }
    if (headFollows == null) {
      addAll(list, HEAD, head);
    }
    return list;
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    backbone.adapt(tensors);
  }

  private static void addAll(ParameterList list, String prefix, Block block) {
    for (Pair<String, Parameter> parameter : block.getParameters()) {
      list.add(prefix + "." + parameter.getKey(), parameter.getValue());
    }
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
  public Block head() {
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
    return backbone.multiplyAdds(height, width) + head.multiplyAdds(1);
  }

  /**
   * How many numbers the network has learned.
   *
   * @return the elements of all parameters
   */
  public long parameterCount() {
    long count = 0;
    for (Pair<String, Parameter> parameter : getParameters()) {
      count += parameter.getValue().getShape().size();
    }
    return count;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), classes)};
  }
}
