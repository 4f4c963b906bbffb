package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.LoadReport;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A classifier with its weights and its description. */
public final class ClassifierModel extends TrainedModel<Classifier> {
  private LoadReport loadReport;

  private ClassifierModel(Model model, Classifier network, ModelDescription description) {
    super(model, network, description);
  }

  /**
   * A model to be trained, its weights started at random.
   *
   * @param description what to build
   * @param device where
   * @return the model
   * @throws IllegalArgumentException if the description fits no network
   */
  public static ClassifierModel create(ModelDescription description, Device device) {
    ClassifierModel created = empty(description, device);
    ImageInput input = description.input();
    created
        .network()
        .initialize(
            created.djlModel().getNDManager(),
            DataType.FLOAT32,
            new Shape(1, input.channels(), input.height(), input.width()));
    return created;
  }

  /**
   * A model from a file that says itself which network it is for.
   *
   * @param file a safetensors file with a description
   * @param device where
   * @return the model, for inference: its parameters are frozen
   * @throws IOException if the file cannot be read
   * @throws CheckpointException if it is no such file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ClassifierModel load(Path file, Device device)
      throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      ClassifierModel described = describedBy(checkpoint.values(), checkpoint.name(), device);
      return described.filled(checkpoint, new LoadOptions("", false));
    }
  }

  /**
   * A model from the file of anyone, such as a published checkpoint.
   *
   * @param file a file of a format that {@link CheckpointFile} reads
   * @param description which network it is for
   * @param options which part of the file, and whether the head starts anew
   * @param device where
   * @return the model; its parameters are frozen, for inference, unless its head starts anew
   * @throws IOException if the file cannot be read
   * @throws CheckpointException if it is no such file, or has no such part
   * @throws MalformedModelException if its weights do not fit the network
   * @throws IllegalArgumentException if the description fits no network
   */
  public static ClassifierModel load(
      Path file, ModelDescription description, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      return empty(description, device).filled(checkpoint, options);
    }
  }

  /**
   * The same into a DJL model, which gets the network and owns the weights.
   *
   * @param file a safetensors file with a description
   * @param model an empty model of the PyTorch engine; closed if loading fails
   * @return the model, for inference: its parameters are frozen
   * @throws IOException if the file cannot be read
   * @throws CheckpointException if it is no such file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ClassifierModel load(Path file, Model model)
      throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      ModelDescription description = description(checkpoint.values(), checkpoint.name());
      return of(model, description, checkpoint.name())
          .filled(checkpoint, new LoadOptions("", false));
    }
  }

  /** This model with its weights, or closed if they cannot be loaded. */
  private ClassifierModel filled(CheckpointFile checkpoint, LoadOptions options)
      throws IOException, MalformedModelException {
    try {
      loadReport = WeightLoader.load(checkpoint, network(), options, djlModel().getNDManager());
      network().freezeParameters(!options.newHead());
      return this;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      close();
      throw e;
    }
  }

  static ClassifierModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    try (NDManager staging = NDManager.newBaseManager(device, "PyTorch")) {
      Checkpoint checkpoint = source.read(staging);
      ClassifierModel loaded = describedBy(checkpoint.metadata(), name, device);
      try {
        loaded.fill(checkpoint.tensors(), name);
        loaded.network().freezeParameters(true);
        return loaded;
      } catch (MalformedModelException | RuntimeException e) {
        loaded.close();
        throw e;
      }
    }
  }

  /** The network that a file says it is for, still without weights. */
  private static ClassifierModel describedBy(
      Map<String, String> metadata, String name, Device device) throws CheckpointException {
    ModelDescription description = description(metadata, name);
    return of(Model.newInstance(description.name(), device, "PyTorch"), description, name);
  }

  private static ClassifierModel of(Model model, ModelDescription description, String name)
      throws CheckpointException {
    try {
      return empty(model, description);
    } catch (IllegalArgumentException e) {
      throw unfit(name, e);
    }
  }

  private static Classifier network(ModelDescription description) {
    Map<String, Object> arguments = new HashMap<>(description.arguments());
    arguments.putIfAbsent("num_classes", description.classes().size());
    Classifier network = Classifier.create(description.backbone(), arguments);
    if (network.classes() != description.classes().size()) {
      throw new IllegalArgumentException(
          "the description names "
              + description.classes().size()
              + " classes, but the network has "
              + network.classes());
    }
    if (network.backbone().imageChannels() != description.input().channels()) {
      throw new IllegalArgumentException(
          "the description's input has "
              + description.input().channels()
              + " channels, but the network takes "
              + network.backbone().imageChannels());
    }
    return network;
  }

  private static ClassifierModel empty(ModelDescription description, Device device) {
    return empty(Model.newInstance(description.name(), device, "PyTorch"), description);
  }

  /** A model without weights, or closed if its description fits no network. */
  private static ClassifierModel empty(Model model, ModelDescription description) {
    try {
      Classifier network = network(description);
      model.setBlock(network);
      return new ClassifierModel(model, network, description);
    } catch (IllegalArgumentException e) {
      model.close();
      throw e;
    }
  }

  /**
   * What loading the weights has done: renamed, left out, started anew.
   *
   * @return the report; empty for a model that was not loaded from a file of its own
   */
  public Optional<LoadReport> loadReport() {
    return Optional.ofNullable(loadReport);
  }
}
