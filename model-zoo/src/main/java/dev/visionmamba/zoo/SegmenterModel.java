package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** A segmenter with its weights and its description. */
public final class SegmenterModel extends TrainedModel<Segmenter> {
  static final ModelKind<Segmenter, SegmenterModel> KIND =
      new ModelKind<>(
          Set.of(Task.SEMANTIC_SEGMENTATION),
          "loadSegmenter",
          DenseNetworks::segmenter,
          SegmenterModel::new,
          WeightLoader::load);

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
    return KIND.create(description, device, new Shape(1));
  }

  /**
   * A model of a network that is put together by hand, of a backbone or with a scan strategy that
   * has no name in the registry; its parameters, as far as they have no values, start at random. To
   * be trained, or to be {@linkplain #fill filled}. A file that it is saved to says what the
   * description says: it is loaded by making the network again, and filling it.
   *
   * @param network the network
   * @param description its name, its classes and how pictures are prepared; what it says of
   *     backbone and head is for people
   * @param device where
   * @return the model, which owns the network
   * @throws IllegalArgumentException if the network has other classes or channels than the
   *     description says
   */
  public static SegmenterModel create(
      Segmenter network, ModelDescription description, Device device) {
    requireFit(network, description);
    return KIND.create(network, description, device, new Shape(1));
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
  public static SegmenterModel load(
      Path file, ModelDescription description, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(file, description, options, device);
  }

  static SegmenterModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(source, name, device);
  }

  private static void requireFit(Segmenter network, ModelDescription description) {
    description.requireClasses(network.classes());
    if (description.fit() == null) {
      throw new IllegalArgumentException(
          "the description has no fit: give it a FitInput, and a segmenter's HeadDescription");
    }
    ModelDescription.requireChannels(
        description.fit().mean().size(), network.backbone().imageChannels());
  }
}
