package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Path;

/** A detector with its weights and its description. */
public final class DetectorModel extends TrainedModel<Detector> {
  private static final ModelKind<Detector, DetectorModel> KIND =
      new ModelKind<>(DenseNetworks::detector, DetectorModel::new);

  private DetectorModel(Model model, Detector network, ModelDescription description) {
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
  public static DetectorModel create(ModelDescription description, Device device) {
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
  public static DetectorModel load(Path file, Device device)
      throws IOException, MalformedModelException {
    return load(manager -> Safetensors.read(file, manager), file.toString(), device);
  }

  static DetectorModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(source, name, device);
  }
}
