package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.engine.Threads;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.LoadReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * How models of a kind are made and loaded.
 *
 * @param tasks what they answer
 * @param call the method of {@link ModelCatalogue} that loads them, for messages
 * @param network builds what a description describes, with uninitialised parameters; throws
 *     IllegalArgumentException if it describes no network of this kind
 * @param maker joins the parts
 * @param loader fills a network from a file
 * @param <N> the network
 * @param <M> the model
 */
record ModelKind<N extends NamedBlock, M extends TrainedModel<N>>(
    Set<Task> tasks,
    String call,
    Function<ModelDescription, N> network,
    Maker<N, M> maker,
    Loader<N> loader) {

  /** A constructor. */
  @FunctionalInterface
  interface Maker<N extends NamedBlock, M extends TrainedModel<N>> {
    M make(Model model, N network, ModelDescription description);
  }

  /** Loads weights. */
  @FunctionalInterface
  interface Loader<N extends NamedBlock> {
    LoadReport load(CheckpointFile file, N network, LoadOptions options, NDManager manager)
        throws CheckpointException, MalformedModelException;
  }

  /** The kind of models that answer a task. */
  static ModelKind<?, ?> of(Task task) {
    return switch (task) {
      case CLASSIFICATION -> ClassifierModel.KIND;
      case DETECTION, INSTANCE_SEGMENTATION -> DetectorModel.KIND;
      case SEMANTIC_SEGMENTATION -> SegmenterModel.KIND;
      case RESTORATION -> RestorerModel.KIND;
    };
  }

  /** Refuses a model of another task, and says what loads it. */
  void requireTask(Task task, String name) throws CheckpointException {
    if (!tasks.contains(task)) {
      String wanted =
          tasks.stream()
              .sorted()
              .map(own -> own.label().replace('_', ' '))
              .reduce((a, b) -> a + " or " + b)
              .orElseThrow();
      throw new CheckpointException(
          name,
          String.format(
              Locale.ROOT,
              "it is for %s, but a model for %s is wanted",
              task.label().replace('_', ' '),
              wanted),
          String.format(
              Locale.ROOT,
              "load it as what it is, with ModelCatalogue.%s, or name a model for %s",
              of(task).call,
              wanted));
    }
  }

  /** A model without weights. */
  M empty(ModelDescription description, Device device) {
    N built = network.apply(description);
    return in(newModel(description, device), built, description);
  }

  private M in(Model model, N built, ModelDescription description) {
    model.setBlock(built);
    return maker.make(model, built, description);
  }

  /** A model to be trained, its weights started at random for such images. */
  M create(ModelDescription description, Device device, Shape images) {
    M created = empty(description, device);
    created.network().initialize(created.djlModel().getNDManager(), DataType.FLOAT32, images);
    return created;
  }

  /** The same of a network that was built elsewhere; parameters that it has stay as they are. */
  M create(N built, ModelDescription description, Device device, Shape images) {
    M created = in(newModel(description, device), built, description);
    built.initialize(created.djlModel().getNDManager(), DataType.FLOAT32, images);
    return created;
  }

  /** A model for inference, from a checkpoint that says itself which network it is for. */
  M load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    try (NDManager staging = NDManager.newBaseManager(Devices.require(device), "PyTorch")) {
      Checkpoint checkpoint = source.read(staging);
      ModelDescription description = TrainedModel.description(checkpoint.metadata(), name);
      M loaded = in(newModel(description, device), described(description, name), description);
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

  /** The same from a file. */
  M load(Path file, Device device) throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      Map<String, String> values = checkpoint.values();
      ModelDescription description = TrainedModel.description(values, checkpoint.name());
      N built = described(description, checkpoint.name());
      M loaded = in(newModel(description, device), built, description);
      return filled(loaded, checkpoint, new LoadOptions("", false));
    }
  }

  /** The same into a DJL model, which is closed if loading fails. */
  M load(Path file, Model model) throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      ModelDescription description =
          TrainedModel.description(checkpoint.values(), checkpoint.name());
      N built = described(description, checkpoint.name());
      return filled(in(model, built, description), checkpoint, new LoadOptions("", false));
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** A model from the file of anyone, frozen for inference unless its head starts anew. */
  M load(Path file, ModelDescription description, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    try (CheckpointFile checkpoint = CheckpointFile.open(file)) {
      return filled(empty(description, device), checkpoint, options);
    }
  }

  private static Model newModel(ModelDescription description, Device device) {
    return Model.newInstance(description.name(), Devices.require(device), "PyTorch");
  }

  /** The network that a file says it is for. */
  private N described(ModelDescription description, String name) throws CheckpointException {
    Task task = description.head().task().orElse(null);
    if (task != null) {
      requireTask(task, name);
    }
    Threads.applyToLibtorch(); // refuses a wrong setting, which is no fault of the file
    try {
      return network.apply(description);
    } catch (IllegalArgumentException e) {
      throw TrainedModel.unfit(name, e);
    }
  }

  /** The model with its weights, or closed if they cannot be loaded. */
  private M filled(M model, CheckpointFile checkpoint, LoadOptions options)
      throws IOException, MalformedModelException {
    try {
      NDManager manager = model.djlModel().getNDManager();
      model.loaded(loader.load(checkpoint, model.network(), options, manager));
      model.network().freezeParameters(!options.newHead());
      return model;
    } catch (IOException | MalformedModelException | RuntimeException e) {
      model.close();
      throw e;
    }
  }
}
