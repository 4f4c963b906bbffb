package dev.visionmamba.tasks.training;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelDescription;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Starts a model of other classes from a trained one. */
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
