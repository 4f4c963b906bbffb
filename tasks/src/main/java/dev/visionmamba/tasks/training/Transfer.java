package dev.visionmamba.tasks.training;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.TrainedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Starts a model of other classes, or of another task, from a trained one. */
public final class Transfer {
  private Transfer() {}

  /**
   * A model for new classes, with the weights of a trained one. Of its head, what depends on the
   * number of classes starts at random, unless the classes are the same.
   *
   * @param trained the trained model; not changed
   * @param name what the new model is called
   * @param classes the new classes' names by label
   * @param device where its weights go
   * @return the model, to be trained; its input is the trained one's
   * @throws MalformedModelException if the trained model's weights do not fit its description
   */
  public static ClassifierModel to(
      ClassifierModel trained, String name, List<String> classes, Device device)
      throws MalformedModelException {
    ModelDescription old = trained.description();
    Map<String, Object> arguments = new HashMap<>(old.arguments());
    arguments.put("num_classes", classes.size());
    ClassifierModel model =
        ClassifierModel.create(
            new ModelDescription(
                name,
                old.backbone(),
                arguments,
                classes,
                old.input(),
                Map.of("tuned from", old.name())),
            device);
    try {
      Set<Parameter> fresh =
          old.classes().equals(classes) ? Set.of() : dependOnClasses(model.network());
      Map<String, NDArray> tensors = StateDict.of(model.network());
      Map<String, NDArray> weights = StateDict.of(trained.network());
      for (Pair<String, Parameter> named : model.network().getParameters()) {
        if (!fresh.contains(named.getValue())) {
          tensors.put(named.getKey(), weights.get(named.getKey()).duplicate());
        }
      }
      model.fill(tensors, old.name());
      return model;
    } catch (MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * A model of any task, with the weights of a trained one of any: those of the backbone, and where
   * both have the same head, those of the rest too. Of that, what depends on the number of classes
   * starts at random, unless the classes are the same.
   *
   * @param trained the trained model; not changed
   * @param description what to build; its backbone and the arguments are the trained one's
   * @param creator makes a model with random weights of a description
   * @param <M> the model
   * @return the model, to be trained
   * @throws IllegalArgumentException if a model has no backbone, or they have no parameter in
   *     common
   * @throws MalformedModelException if parameters of the same name have other shapes
   */
  public static <M extends TrainedModel<?>> M to(
      TrainedModel<?> trained, ModelDescription description, Function<ModelDescription, M> creator)
      throws MalformedModelException {
    M model = creator.apply(description);
    try {
      backbone(trained, model);
      if (trained.description().head().equals(description.head())) {
        boolean same = trained.description().classes().equals(description.classes());
        head(trained, model, same ? Set.of() : dependOnClasses(model, creator));
      }
      return model;
    } catch (MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Gives a model what is not the backbone's of one with the same head. */
  private static void head(TrainedModel<?> trained, TrainedModel<?> model, Set<String> fresh)
      throws MalformedModelException {
    Map<String, NDArray> weights = StateDict.of(trained.network());
    Map<String, NDArray> copies = new HashMap<>();
    Set<Parameter> ofBackbone = new HashSet<>(backboneOf(model).getParameters().values());
    for (Pair<String, Parameter> named : model.network().getParameters()) {
      NDArray weight = weights.get(named.getKey());
      if (weight != null
          && !ofBackbone.contains(named.getValue())
          && !fresh.contains(named.getKey())) {
        copies.put(named.getKey(), weight.duplicate());
      }
    }
    fill(trained, model, copies);
  }

  /** Replaces some of a model's weights, or none if they do not fit. */
  private static void fill(
      TrainedModel<?> trained, TrainedModel<?> model, Map<String, NDArray> copies)
      throws MalformedModelException {
    Map<String, NDArray> tensors = StateDict.of(model.network());
    tensors.putAll(copies);
    try {
      model.fill(tensors, trained.description().name());
    } catch (MalformedModelException e) {
      copies.values().forEach(NDArray::close);
      throw e;
    }
  }

  /** The parameters that a network for one class more has in another shape. */
  private static <M extends TrainedModel<?>> Set<String> dependOnClasses(
      M model, Function<ModelDescription, M> creator) {
    ModelDescription own = model.description();
    List<String> classes = new ArrayList<>(own.classes());
    classes.add("one more");
    ModelDescription more =
        new ModelDescription(
            own.name(),
            own.backbone(),
            own.arguments(),
            own.head(),
            classes,
            own.input(),
            own.fit(),
            own.notes());
    Set<String> found = new HashSet<>();
    try (M larger = creator.apply(more)) {
      Map<String, Shape> shapes = new HashMap<>();
      for (Pair<String, Parameter> named : larger.network().getParameters()) {
        shapes.put(named.getKey(), named.getValue().getShape());
      }
      for (Pair<String, Parameter> named : model.network().getParameters()) {
        if (!named.getValue().getShape().equals(shapes.get(named.getKey()))) {
          found.add(named.getKey());
        }
      }
    }
    return found;
  }

  /**
   * Gives a model the backbone of a trained one: to begin a detector, a segmenter or a restorer
   * with what a classifier, or another of them, has learned.
   *
   * @param trained the trained model; not changed
   * @param model the model, with its weights, to be trained; both backbones are of the same shape
   * @return the names of the backbone's parameters that the trained one does not have, such as
   *     norms of the maps that only a pyramid needs; they stay as they are
   * @throws IllegalArgumentException if a model has no backbone, or they have no parameter in
   *     common
   * @throws MalformedModelException if parameters of the same name have other shapes; the model
   *     then stays as it was
   */
  public static List<String> backbone(TrainedModel<?> trained, TrainedModel<?> model)
      throws MalformedModelException {
    Map<String, NDArray> weights = StateDict.of(backboneOf(trained));
    Map<Parameter, String> ofBackbone = new IdentityHashMap<>();
    backboneOf(model)
        .getParameters()
        .forEach(named -> ofBackbone.put(named.getValue(), named.getKey()));
    List<String> fresh = new ArrayList<>();
    Map<String, NDArray> copies = new HashMap<>();
    for (Pair<String, Parameter> named : model.network().getParameters()) {
      String name = ofBackbone.get(named.getValue());
      if (name == null) {
        continue; // the head's
      }
      if (weights.containsKey(name)) {
        copies.put(named.getKey(), weights.get(name).duplicate());
      } else {
        fresh.add(name);
      }
    }
    if (copies.isEmpty()) {
      throw new IllegalArgumentException(
          "the backbone of %s (%s) has no parameter that the one of %s (%s) has"
              .formatted(
                  trained.description().name(),
                  trained.description().backbone(),
                  model.description().name(),
                  model.description().backbone()));
    }
    fill(trained, model, copies);
    return fresh;
  }

  private static Backbone backboneOf(TrainedModel<?> model) {
    NamedBlock network = model.network();
    if (network instanceof Classifier classifier) {
      return classifier.backbone();
    }
    if (network instanceof Segmenter segmenter) {
      return segmenter.backbone();
    }
    if (network instanceof Detector detector) {
      return detector.backbone();
    }
    if (network instanceof PyramidRestorer restorer) {
      return restorer.backbone();
    }
    throw new IllegalArgumentException(
        model.description().name()
            + " is a network as a whole: it has no backbone that could start another");
  }

  /** The head's parameters that a head for one class more has in another shape. */
  private static Set<Parameter> dependOnClasses(Classifier network) {
    ParameterList own = network.head().getParameters();
    ClassificationHead larger = network.backbone().classificationHead(network.classes() + 1);
    Set<Parameter> found = new HashSet<>();
    for (Pair<String, Parameter> named : larger.getParameters()) {
      Parameter parameter = own.get(named.getKey());
      if (!parameter.getShape().equals(named.getValue().getShape())) {
        found.add(parameter);
      }
    }
    return found;
  }
}
