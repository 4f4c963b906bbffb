package dev.visionmamba.tasks.training;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
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
   * Gives a model the backbone of a trained one: to begin a detector or a segmenter with what a
   * classifier, or another of them, has learned.
   *
   * @param trained the trained model; not changed
   * @param model the model, with its weights, to be trained; both backbones are of the same shape
   * @return the names of the backbone's parameters that the trained one does not have, such as
   *     norms of the maps that only a pyramid needs; they stay as they are
   * @throws IllegalArgumentException if a model has no backbone, or they have no parameter in common
   * @throws MalformedModelException if parameters of the same name have other shapes; the model then
   *     stays as it was
   */
  public static List<String> backbone(TrainedModel<?> trained, TrainedModel<?> model)
      throws MalformedModelException {
    Map<String, NDArray> weights = StateDict.of(backboneOf(trained));
    Map<Parameter, String> ofBackbone = new IdentityHashMap<>();
    backboneOf(model)
        .getParameters()
        .forEach(named -> ofBackbone.put(named.getValue(), named.getKey()));
    Map<String, NDArray> tensors = StateDict.of(model.network());
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
    tensors.putAll(copies);
    try {
      model.fill(tensors, trained.description().name());
    } catch (MalformedModelException e) {
      copies.values().forEach(NDArray::close);
      throw e;
    }
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
    throw new IllegalArgumentException(
        model.description().name() + " has no backbone that could be exchanged");
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
