package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Path;

/** A segmenter with its weights and its description. */
public final class SegmenterModel extends TrainedModel<Segmenter> {
  private static final ModelKind<Segmenter, SegmenterModel> KIND =
      new ModelKind<>(DenseNetworks::segmenter, SegmenterModel::new);

  private SegmenterModel(Model model, Segmenter network, ModelDescription description) {
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
  public static SegmenterModel create(ModelDescription description, Device device) {
    return KIND.create(description, device);
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
  public static SegmenterModel load(Path file, Device device)
      throws IOException, MalformedModelException {
    return load(manager -> Safetensors.read(file, manager), file.toString(), device);
  }

  static SegmenterModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(source, name, device);
  }
}
