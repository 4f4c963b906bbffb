package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.io.IOException;
import java.util.function.Function;

/**
 * How models of a kind are made from their descriptions.
 *
 * @param network builds what a description describes, with uninitialised parameters; throws
 *     IllegalArgumentException if it describes no network of this kind
 * @param maker joins the parts
 * @param <N> the network
 * @param <M> the model
 */
record ModelKind<N extends NamedBlock, M extends TrainedModel<N>>(
    Function<ModelDescription, N> network, Maker<N, M> maker) {

  /** A constructor. */
  @FunctionalInterface
  interface Maker<N extends NamedBlock, M extends TrainedModel<N>> {
    M make(Model model, N network, ModelDescription description);
  }

  /** A model without weights. */
  M empty(ModelDescription description, Device device) {
    N built = network.apply(description);
    Model model = Model.newInstance(description.name(), device, "PyTorch");
    model.setBlock(built);
    return maker.make(model, built, description);
  }

  /** A model to be trained, its weights started at random. */
  M create(ModelDescription description, Device device) {
    M created = empty(description, device);
    created.network().initialize(created.djlModel().getNDManager(), DataType.FLOAT32, new Shape(1));
    return created;
  }

  /** A model for inference, from a checkpoint that says itself which network it is for. */
  M load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    try (NDManager staging = NDManager.newBaseManager(device, "PyTorch")) {
      Checkpoint checkpoint = source.read(staging);
      M loaded = describedBy(checkpoint, name, device);
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

  private M describedBy(Checkpoint checkpoint, String name, Device device)
      throws CheckpointException {
    ModelDescription description = TrainedModel.description(checkpoint.metadata(), name);
    try {
      return empty(description, device);
    } catch (IllegalArgumentException e) {
      throw TrainedModel.unfit(name, e);
    }
  }
}
