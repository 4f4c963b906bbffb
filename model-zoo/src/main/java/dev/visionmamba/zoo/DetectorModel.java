package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** A detector with its weights and its description. */
public final class DetectorModel extends TrainedModel<Detector> {
  static final ModelKind<Detector, DetectorModel> KIND =
      new ModelKind<>(
          Set.of(Task.DETECTION, Task.INSTANCE_SEGMENTATION),
          "loadDetector",
          DenseNetworks::detector,
          DetectorModel::new,
          WeightLoader::load);

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
    return KIND.create(description, device, new Shape(1));
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
    return KIND.load(file, device);
  }

  /**
   * A model from the file of anyone, such as a published checkpoint.
   *
   * @param file a file of a format that {@link CheckpointFile} reads
   * @param description which network it is for
   * @param options which part of the file, and whether what follows the classes starts anew
   * @param device where
   * @return the model; its parameters are frozen, for inference, unless something starts anew
   * @throws IOException if the file cannot be read
   * @throws CheckpointException if it is no such file, or has no such part
   * @throws MalformedModelException if its weights do not fit the network
   * @throws IllegalArgumentException if the description fits no network
   */
  public static DetectorModel load(
      Path file, ModelDescription description, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(file, description, options, device);
  }

  static DetectorModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(source, name, device);
  }
}
