package dev.visionmamba.zoo;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.LoadReport;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A network with its weights and its description. Closing it frees the weights.
 *
 * @param <N> the network
 */
public abstract class TrainedModel<N extends NamedBlock> implements AutoCloseable {
  private static final float FLOAT16_MAX = 65_504;

  private final Model model;
  private final N network;
  private final ModelDescription description;
  private LoadReport loadReport;

  /**
   * For subclasses.
   *
   * @param model owns the weights
   * @param network its block
   * @param description what the model says about itself
   */
  protected TrainedModel(Model model, N network, ModelDescription description) {
    this.model = model;
    this.network = network;
    this.description = description;
  }

  /**
   * Replaces the weights.
   *
   * @param tensors by name; they move to this model
   * @param name where they come from, for messages
   * @throws MalformedModelException if they do not fit the network
   */
  public final void fill(Map<String, NDArray> tensors, String name) throws MalformedModelException {
    try {
      StateDict.load(network, tensors, model.getNDManager());
    } catch (MalformedModelException e) {
      throw new MalformedModelException(name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Rounds the network to a precision, for prediction alone: its batch norms are folded into the
   * convolutions before them, and its parameters are frozen. For good: from float16 the weights
   * come back rounded.
   *
   * @param precision of the weights of products and of what these give; FLOAT32 changes nothing in
   *     a network that is not rounded
   */
  public final void setPrecision(Precision precision) {
    if (precision != Precision.FLOAT32) {
      network.foldNorms();
    }
    network.setPrecision(precision);
  }

  /**
   * Writes the model as one safetensors file, whole or not at all.
   *
   * @param file the file; its folder must exist
   * @param newDescription what the file is to say about itself
   * @param type of the weights in the file: float32, or float16 for half the size; what float16
   *     cannot hold, such as the variance of large features, stays float32
   * @throws IOException if it cannot be written
   */
  public final void save(Path file, ModelDescription newDescription, DataType type)
      throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(ModelDescription.METADATA_KEY, newDescription.toJson());
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Map<String, NDArray> tensors = StateDict.of(network);
      tensors.replaceAll(
          (name, tensor) -> fits(tensor, type) ? tensor.toType(type, false) : tensor);
      Safetensors.write(file, tensors, metadata);
    }
  }

  private static boolean fits(NDArray tensor, DataType type) {
    return type != DataType.FLOAT16
        || tensor.isEmpty()
        || tensor.abs().max().toType(DataType.FLOAT32, false).getFloat() <= FLOAT16_MAX;
  }

  /**
   * The network.
   *
   * @return the block
   */
  public final N network() {
    return network;
  }

  /**
   * What the model says about itself.
   *
   * @return the description
   */
  public final ModelDescription description() {
    return description;
  }

  /**
   * What loading the weights has done: renamed, left out, started anew.
   *
   * @return the report; empty for a model that was not loaded from a file of its own
   */
  public final Optional<LoadReport> loadReport() {
    return Optional.ofNullable(loadReport);
  }

  /** Remembers what loading has done. */
  final void loaded(LoadReport report) {
    loadReport = report;
  }

  /**
   * The DJL model that owns the weights, for DJL's own trainers and predictors.
   *
   * @return the model
   */
  public final Model djlModel() {
    return model;
  }

  @Override
  public final void close() {
    model.close();
  }

  /** What a file says about itself. */
  static ModelDescription description(Map<String, String> metadata, String name)
      throws CheckpointException {
    String json = metadata.get(ModelDescription.METADATA_KEY);
    if (json == null) {
      throw new CheckpointException(
          name,
          "it has no \"" + ModelDescription.METADATA_KEY + "\" entry that says which network it is",
          "use a file that the train command has written");
    }
    try {
      return ModelDescription.fromJson(json);
    } catch (IllegalArgumentException e) {
      throw unfit(name, e);
    }
  }

  static CheckpointException unfit(String name, IllegalArgumentException e) {
    return new CheckpointException(
        name, e.getMessage(), "use a file that the train command has written", e);
  }
}
