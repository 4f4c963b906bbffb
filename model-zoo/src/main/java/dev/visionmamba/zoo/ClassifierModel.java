package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A classifier with its weights and its description. */
public final class ClassifierModel extends TrainedModel<Classifier> {
  static final ModelKind<Classifier, ClassifierModel> KIND =
      new ModelKind<>(
          Set.of(Task.CLASSIFICATION),
          "load",
          ClassifierModel::network,
          ClassifierModel::new,
          WeightLoader::load);

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
    ImageInput input = description.input();
    return KIND.create(
        description, device, new Shape(1, input.channels(), input.height(), input.width()));
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
  public static ClassifierModel create(
      Classifier network, ModelDescription description, Device device) {
    requireFit(network, description);
    ImageInput input = description.input();
    return KIND.create(
        network,
        description,
        device,
        new Shape(1, input.channels(), input.height(), input.width()));
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
    return KIND.load(file, device);
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
    return KIND.load(file, description, options, device);
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
    return KIND.load(file, model);
  }

  static ClassifierModel load(CheckpointSource source, String name, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(source, name, device);
  }

  private static Classifier network(ModelDescription description) {
    Map<String, Object> arguments = new HashMap<>(description.arguments());
    arguments.putIfAbsent("num_classes", description.classes().size());
    Classifier network = Classifier.create(description.backbone(), arguments);
    requireFit(network, description);
    return network;
  }

  private static void requireFit(Classifier network, ModelDescription description) {
    description.requireClasses(network.classes());
    if (description.input() == null) {
      throw new IllegalArgumentException(
          "the description has no input: give it an ImageInput, and HeadDescription.LINEAR");
    }
    ModelDescription.requireChannels(
        description.input().channels(), network.backbone().imageChannels());
  }
}
