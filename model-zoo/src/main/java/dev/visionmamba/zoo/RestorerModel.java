package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.restoration.pyramid.PyramidDecoderConfig;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * A restorer with its weights and its description: a network of {@link Restorers} as a whole, where
 * the head is {@link HeadDescription#RESTORER}, or a backbone under a decoder, where the head is
 * {@code pyramid_decoder} with the arguments of {@link PyramidDecoderConfig#toArguments}.
 */
public final class RestorerModel extends TrainedModel<Restorer> {
  static final ModelKind<Restorer, RestorerModel> KIND =
      new ModelKind<>(
          Set.of(Task.RESTORATION),
          "loadRestorer",
          RestorerModel::network,
          RestorerModel::new,
          WeightLoader::load);

  private static final String PYRAMID_DECODER = "pyramid_decoder";

  private RestorerModel(Model model, Restorer network, ModelDescription description) {
    super(model, network, description);
  }

  private static Restorer network(ModelDescription description) {
    HeadDescription head = description.head();
    if (head.name().equals(PYRAMID_DECODER)) {
      Backbone backbone =
          Backbones.create(description.backbone(), description.arguments(), Purpose.FEATURES);
      return new PyramidRestorer(backbone, PyramidDecoderConfig.DEFAULT.with(head.arguments()));
    }
    if (!head.name().equals(HeadDescription.RESTORER.name())) {
      throw new IllegalArgumentException(
          String.format(
              "%s has the head %s, which is no restorer's; those are %s, %s",
              description.name(), head.name(), PYRAMID_DECODER, HeadDescription.RESTORER.name()));
    }
    if (!head.arguments().isEmpty()) {
      throw new IllegalArgumentException(
          String.format(
              "%s is a network as a whole, without a head to have the arguments %s; give them to"
                  + " the network",
              description.name(), head.arguments().keySet()));
    }
    return Restorers.create(description.backbone(), description.arguments());
  }

  /**
   * A model to be trained, its weights started at random.
   *
   * @param description what to build
   * @param device where
   * @return the model
   * @throws IllegalArgumentException if the description fits no network
   */
  public static RestorerModel create(ModelDescription description, Device device) {
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
  public static RestorerModel load(Path file, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(file, device);
  }

  /**
   * A model from the file of anyone, such as a published checkpoint.
   *
   * @param file a file of a format that {@link CheckpointFile} reads
   * @param description which network it is for
   * @param options which part of the file
   * @param device where
   * @return the model, for inference: its parameters are frozen
   * @throws IOException if the file cannot be read
   * @throws CheckpointException if it is no such file, or has no such part
   * @throws MalformedModelException if its weights do not fit the network
   * @throws IllegalArgumentException if the description fits no network
   */
  public static RestorerModel load(
      Path file, ModelDescription description, LoadOptions options, Device device)
      throws IOException, MalformedModelException {
    return KIND.load(file, description, options, device);
  }
}
