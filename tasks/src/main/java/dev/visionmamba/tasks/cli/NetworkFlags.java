package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.training.Transfer;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which network is trained, and the weights that it starts from. */
final class NetworkFlags {
  private static final String DEFAULT_BACKBONE = "vim_micro";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "NAME|PATH",
      description =
          "Tune a trained model to the data's classes: a bundled model, a safetensors file, or a"
              + " folder that training has written. Its input stays; its head starts anew unless"
              + " the classes are the same.")
  private String from;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "Without --from: which backbone, from the models command (default: "
              + DEFAULT_BACKBONE
              + ").")
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
      description = "Without --from: start from the weights of a model of the same shape.")
  private String weights;

  /** Whether a trained model is tuned. */
  boolean tuned() {
    return from != null;
  }

  /**
   * The network, its weights random or another model's.
   *
   * @throws Exception if the other model cannot be loaded or has another shape
   */
  ClassifierModel create(DataOptions data, List<String> classes) throws Exception {
    if (from != null) {
      if (backbone != null || weights != null || !arguments.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(),
            "--from says which network it is: leave out --model, --set, --weights");
      }
      try (ClassifierModel trained = ModelCatalogue.load(from, Device.cpu())) {
        String name = trained.description().backbone() + "." + data.name();
        return Transfer.to(trained, name, classes, Device.cpu());
      }
    }
    ClassifierModel model = ClassifierModel.create(description(data, classes), Device.cpu());
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

  private ModelDescription description(DataOptions data, List<String> classes) {
    String name = backbone == null ? DEFAULT_BACKBONE : backbone;
    Map<String, Object> all = new HashMap<>();
    arguments.forEach((argument, value) -> all.put(argument, parse(value)));
    ImageInput input =
        data.dataset() == DataSet.FASHION_MNIST
            ? new ImageInput(28, 28, 28, "bicubic", List.of(0.2860f), List.of(0.3530f))
            : pictures(Backbones.create(name, all, Purpose.CLASSIFICATION));
    all.put("num_classes", classes.size());
    return new ModelDescription(name + "." + data.name(), name, all, classes, input, Map.of());
  }

  /** The size that the backbone was made for, and ImageNet's statistics. */
  private static ImageInput pictures(Backbone backbone) {
    Shape size = backbone.imageSize();
    int height = Math.toIntExact(size.get(0));
    int width = Math.toIntExact(size.get(1));
    boolean grey = backbone.imageChannels() == 1;
    return new ImageInput(
        (int) (Math.min(height, width) / 0.875),
        height,
        width,
        "bicubic",
        grey ? List.of(0.449f) : List.of(0.485f, 0.456f, 0.406f),
        grey ? List.of(0.226f) : List.of(0.229f, 0.224f, 0.225f));
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
