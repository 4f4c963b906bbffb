package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.tasks.training.Transfer;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.RestorerModel;
import dev.visionmamba.zoo.TrainedModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which network is trained, and the weights that it starts from. */
final class NetworkFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--from",
      paramLabel = "NAME|PATH",
      description =
          "Tune a trained model of any task: a bundled model, a safetensors file, a folder that"
              + " training has written, or a name that the models command lists. Its backbone's"
              + " weights go on; so does its head for the same task, but for what depends on the"
              + " classes if those are others. Its input stays where the task does.")
  private String from;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "Without --from: which backbone, from the models command (default: vim_micro, or"
              + " vmamba_micro for the other tasks); to restore also a whole network, such as"
              + " mambair_light_x2.")
  private String backbone;

  @Option(
      names = "--set",
      paramLabel = "NAME=VALUE",
      description =
          "Changes an argument of the backbone, by the name that its reference gives it, such as"
              + " depth=4 or depths=2,2,6,2; repeatable.")
  private Map<String, String> arguments = new HashMap<>();

  @Option(
      names = "--head",
      paramLabel = "NAME",
      description =
          "What sits on the backbone: semantic_fpn or upernet to segment, mask_rcnn or retinanet to"
              + " detect, pyramid_decoder to restore (default: --from's, or the first of these).")
  private String head;

  @Option(
      names = "--set-head",
      paramLabel = "NAME=VALUE",
      description =
          "Changes an argument of the head, such as channels=48 or neck_channels=48; repeatable.")
  private Map<String, String> headArguments = new HashMap<>();

  @Option(
      names = "--weights",
      paramLabel = "NAME|PATH",
      description = "Without --from: start from the weights of a model of the same shape.")
  private String weights;

  @Mixin private InputFlags input;

  @Mixin private DeviceOption device;

  /**
   * Where the network computes.
   *
   * @throws IllegalArgumentException if the device is not there; the message says what to do
   */
  Device device() {
    return device.device();
  }

  /** The trained model that is tuned, if one is. */
  Optional<String> from() {
    return Optional.ofNullable(from);
  }

  /**
   * The task of the head that was named, if one was.
   *
   * @throws ParameterException if there is no such head
   */
  Optional<ModelTask> headTask() {
    try {
      return Optional.ofNullable(head).map(ModelTask::ofHead);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--head: " + e.getMessage(), e);
    }
  }

  /**
   * A classifier, its weights random or another model's.
   *
   * @throws Exception if the other model cannot be loaded or has another shape
   */
  ClassifierModel createClassifier(DataOptions data, List<String> classes) throws Exception {
    if (!headArguments.isEmpty() || input.given()) {
      throw wrong("--set-head and the sides of pictures are for --task segment and detect");
    }
    Function<ModelDescription, ClassifierModel> creator =
        description -> ClassifierModel.create(description, device());
    if (from == null) {
      return started(creator.apply(classifier(data, classes)));
    }
    requireAlone();
    try (TrainedModel<?> trained = StoredModel.load(from, spec.commandLine().getErr())) {
      ModelDescription old = trained.description();
      String name = old.backbone() + "." + data.name();
      if (trained instanceof ClassifierModel classifier) {
        return Transfer.to(classifier, name, classes, device());
      }
      Map<String, Object> all = backboneArguments(old);
      ImageInput pictures = pictures(Backbones.create(old.backbone(), all, Purpose.CLASSIFICATION));
      all.put("num_classes", classes.size());
      return Transfer.to(
          trained,
          new ModelDescription(name, old.backbone(), all, classes, pictures, tunedFrom(old)),
          creator);
    }
  }

  /**
   * A network that answers for the parts of a picture, its weights random or another model's.
   *
   * @param creator makes a model with random weights
   * @throws Exception if the other model cannot be loaded or does not suit
   */
  <M extends TrainedModel<?>> M createDense(
      ModelTask task, DataOptions data, List<String> classes, Function<ModelDescription, M> creator)
      throws Exception {
    if (from == null) {
      String name = backbone == null ? task.usualBackbone() : backbone;
      requireColours(name, parsed(arguments));
      return started(
          creator.apply(
              new ModelDescription(
                  name + "." + data.name(),
                  name,
                  parsed(arguments),
                  head(task.heads().get(0)),
                  classes,
                  null,
                  input.fit(data.dataset(task)),
                  Map.of())));
    }
    requireAlone();
    try (TrainedModel<?> trained = StoredModel.load(from, spec.commandLine().getErr())) {
      ModelDescription old = trained.description();
      requireColours(old.backbone(), backboneArguments(old));
      boolean same = old.head().task().map(ModelTask::of).equals(Optional.of(task));
      boolean keepsHead =
          same && headArguments.isEmpty() && (head == null || head.equals(old.head().name()));
      return Transfer.to(
          trained,
          new ModelDescription(
              old.backbone() + "." + data.name(),
              old.backbone(),
              backboneArguments(old),
              keepsHead ? old.head() : head(same ? old.head().name() : task.heads().get(0)),
              classes,
              null,
              same ? input.changed(old.fit()) : input.fit(data.dataset(task), old),
              tunedFrom(old)),
          creator);
    }
  }

  /**
   * A restorer, its weights random, another restorer's, or those of another task's backbone: a
   * network of the registry of restorers, or a backbone with a decoder.
   *
   * @param creator makes a model with random weights
   * @throws Exception if the other model cannot be loaded or does not suit
   */
  RestorerModel createRestorer(
      DataOptions data, Degradation degradation, Function<ModelDescription, RestorerModel> creator)
      throws Exception {
    if (input.given()) {
      throw wrong("the sides of pictures are for --task segment and detect");
    }
    String tag = "." + degradation + "_" + data.name();
    if (from == null) {
      String name = backbone == null ? ModelTask.RESTORE.usualBackbone() : backbone;
      boolean whole = Restorers.find(name).isPresent();
      return started(
          creator.apply(
              new ModelDescription(
                  name + tag,
                  name,
                  parsed(arguments),
                  whole ? restorerHead() : decoder(degradation),
                  Map.of())));
    }
    requireAlone();
    try (TrainedModel<?> trained = StoredModel.load(from, spec.commandLine().getErr())) {
      ModelDescription old = trained.description();
      boolean restores = trained instanceof RestorerModel;
      if (restores && (head != null || !headArguments.isEmpty())) {
        throw wrong("--from says which restorer it is: leave out --head and --set-head");
      }
      ModelDescription description =
          new ModelDescription(
              old.backbone() + tag,
              old.backbone(),
              backboneArguments(old),
              restores ? old.head() : decoder(degradation),
              tunedFrom(old));
      return restores
          ? filled(creator.apply(description), trained, from)
          : Transfer.to(trained, description, creator);
    }
  }

  private HeadDescription restorerHead() {
    if ((head != null && !head.equals(HeadDescription.RESTORER.name()))
        || !headArguments.isEmpty()) {
      throw wrong(
          backbone
              + " is a restorer as a whole: leave out --head and --set-head; its arguments are"
              + " --set's");
    }
    return HeadDescription.RESTORER;
  }

  /** A decoder; where nothing else is said, it enlarges by one pixel shuffle. */
  private HeadDescription decoder(Degradation degradation) {
    Map<String, Object> all = parsed(headArguments);
    if (degradation.scale() > 1) {
      all.putIfAbsent("upscale", degradation.scale());
      all.putIfAbsent("upsampler", Upsampling.PIXEL_SHUFFLE_DIRECT.word());
    }
    return new HeadDescription(head == null ? ModelTask.RESTORE.usualHead() : head, all);
  }

  private void requireAlone() {
    if (backbone != null || weights != null || !arguments.isEmpty()) {
      throw wrong("--from says which network it is: leave out --model, --set, --weights");
    }
  }

  private void requireColours(String name, Map<String, Object> all) {
    int channels = Backbones.create(name, all, Purpose.FEATURES).imageChannels();
    if (channels != 3) {
      throw wrong(
          name
              + " takes pictures of "
              + channels
              + (channels == 1 ? " channel" : " channels")
              + ", and to segment or detect they have 3; take another backbone, such as "
              + ModelTask.SEGMENT.usualBackbone());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** What is the backbone's of a model's arguments. */
  private static Map<String, Object> backboneArguments(ModelDescription model) {
    Map<String, Object> own = new HashMap<>(model.arguments());
    own.remove("num_classes");
    return own;
  }

  private static Map<String, String> tunedFrom(ModelDescription model) {
    return Map.of("tuned from", model.name());
  }

  private HeadDescription head(String usual) {
    return new HeadDescription(head == null ? usual : head, parsed(headArguments));
  }

  private <M extends TrainedModel<?>> M started(M model) throws Exception {
    try {
      if (weights != null) {
        try (TrainedModel<?> other = StoredModel.load(weights, spec.commandLine().getErr())) {
          return filled(model, other, weights);
        }
      }
      return model;
    } catch (Exception | Error e) {
      model.close();
      throw e;
    }
  }

  /** A model with another's weights, or closed if they do not fit. */
  private static <M extends TrainedModel<?>> M filled(
      M model, TrainedModel<?> other, String otherName) throws MalformedModelException {
    try {
      Map<String, NDArray> tensors = StateDict.of(other.network());
      tensors.replaceAll((name, tensor) -> tensor.duplicate());
      model.fill(tensors, otherName);
      return model;
    } catch (MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private ModelDescription classifier(DataOptions data, List<String> classes) {
    String name = backbone == null ? ModelTask.CLASSIFY.usualBackbone() : backbone;
    Map<String, Object> all = parsed(arguments);
    ImageInput images =
        data.dataset(ModelTask.CLASSIFY) == DataSet.FASHION_MNIST
            ? new ImageInput(28, 28, 28, "bicubic", List.of(0.2860f), List.of(0.3530f))
            : pictures(Backbones.create(name, all, Purpose.CLASSIFICATION));
    all.put("num_classes", classes.size());
    return new ModelDescription(name + "." + data.name(), name, all, classes, images, Map.of());
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
        grey ? List.of(0.449f) : InputFlags.MEAN,
        grey ? List.of(0.226f) : InputFlags.STD);
  }

  private static Map<String, Object> parsed(Map<String, String> given) {
    Map<String, Object> values = new HashMap<>();
    given.forEach((name, value) -> values.put(name, parse(value)));
    return values;
  }

  /** A value: true or false, a number, a word, or a list of these between commas. */
  private static Object parse(String value) {
    if (value.contains(",")) {
      List<Object> list = new ArrayList<>();
      for (String part : value.split(",")) { // a comma at the end makes a list of one
        list.add(parse(part.strip()));
      }
      return list;
    }
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
