package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.training.LabelledImages;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The options that say which network is trained, and the weights that it starts from. */
final class NetworkFlags {
  @Option(
      names = "--model",
      defaultValue = "vim_micro",
      paramLabel = "NAME",
      description = "Which backbone, from the models command (default: ${DEFAULT-VALUE}).")
  private String backbone;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "Changes an argument of the backbone, by the name that its reference gives it, such as"
              + " depth=4; repeatable.")
  private Map<String, String> arguments = new HashMap<>();

  @Option(
      names = "--weights",
      paramLabel = "NAME|PATH",
      description = "Start from a model's weights, to train it further.")
  private String weights;

  /**
   * The network, its weights random or another model's.
   *
   * @throws Exception if the other model cannot be loaded or has another shape
   */
  ClassifierModel create(DataSet dataSet, LabelledImages train) throws Exception {
    ClassifierModel model = ClassifierModel.create(description(dataSet, train), Device.cpu());
    try {
      if (weights != null) {
        startFrom(model);
      }
      return model;
    } catch (Exception | Error e) {
      model.close();
      throw e;
    }
  }

  private void startFrom(ClassifierModel model) throws Exception {
    try (ClassifierModel other = ModelCatalogue.load(weights, Device.cpu())) {
      Map<String, NDArray> tensors = StateDict.of(other.network());
      tensors.replaceAll((name, tensor) -> tensor.duplicate());
      model.fill(tensors, weights);
    }
  }

  private ModelDescription description(DataSet dataSet, LabelledImages train) {
    Map<String, Object> all = new HashMap<>();
    arguments.forEach((name, value) -> all.put(name, parse(value)));
    all.put("num_classes", train.classNames().size());
    ImageInput input =
        new ImageInput(
            Math.min(train.height(), train.width()),
            train.height(),
            train.width(),
            "bicubic",
            List.of(dataSet.mean()),
            List.of(dataSet.std()));
    return new ModelDescription(
        backbone + "." + dataSet.toString().replace('-', '_'),
        backbone,
        all,
        train.classNames(),
        input,
        Map.of());
  }

  private static Object parse(String value) {
    if (value.equals("true") || value.equals("false")) {
      return Boolean.valueOf(value);
    }
    try {
      return Double.valueOf(value);
    } catch (NumberFormatException e) {
      return value;
    }
  }
}
