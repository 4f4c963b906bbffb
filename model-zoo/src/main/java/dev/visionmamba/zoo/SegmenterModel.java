package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.heads.segmentation.SemanticFpnHead;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** A segmenter with its weights and its description. */
public final class SegmenterModel extends TrainedModel<Segmenter> {
  private static final float DROPOUT = 0.1f;

  /** The heads' published arguments. */
  private static final Map<String, Map<String, Object>> HEADS =
      Map.of(
          "semantic_fpn", Map.of("neck_channels", 256, "channels", 128),
          "upernet", Map.of("channels", 512, "auxiliary_index", 2));

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
    SegmenterModel created = empty(description, device);
    created.network().initialize(created.djlModel().getNDManager(), DataType.FLOAT32, new Shape(1));
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
  public static SegmenterModel load(Path file, Device device)
      throws IOException, MalformedModelException {
    return load(manager -> Safetensors.read(file, manager), file.toString(), device);
  }

  static SegmenterModel load(ClassifierModel.Source source, String name, Device device)
      throws IOException, MalformedModelException {
    try (NDManager staging = NDManager.newBaseManager(device, "PyTorch")) {
      Checkpoint checkpoint = source.read(staging);
      ModelDescription description = description(checkpoint.metadata(), name);
      SegmenterModel loaded;
      try {
        loaded = empty(description, device);
      } catch (IllegalArgumentException e) {
        throw unfit(name, e);
      }
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

  private static SegmenterModel empty(ModelDescription description, Device device) {
    Segmenter network = network(description);
    Model model = Model.newInstance(description.name(), device, "PyTorch");
    model.setBlock(network);
    return new SegmenterModel(model, network, description);
  }

  private static Segmenter network(ModelDescription description) {
    String head = description.head().name();
    Map<String, Object> published = HEADS.get(head);
    if (published == null) {
      throw new IllegalArgumentException(
          description.name() + " has the head " + head + ", which is no segmenter's");
    }
    Backbone backbone =
        Backbones.create(description.backbone(), description.arguments(), Purpose.FEATURES);
    ConstructorArguments read =
        new ConstructorArguments(head, published, description.head().arguments());
    int classes = description.classes().size();
    int channels = read.integer("channels", 1);
    if (head.equals("upernet")) {
      return Segmenter.upernet(backbone, channels, read.integer("auxiliary_index", 0), classes);
    }
    Neck neck = new Fpn(backbone.levels(), FpnConfig.of(read.integer("neck_channels", 1), 4));
    return new Segmenter(
        backbone, neck, new SemanticFpnHead(neck.levels(), channels, classes, DROPOUT), null);
  }
}
