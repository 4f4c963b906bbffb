package dev.visionmamba.heads.segmentation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.GoldenTopic;
import dev.visionmamba.heads.layers.Resize;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.Neck;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every decode head, and inference, against what their references compute. */
class GoldenSegmentationTest {
  private static final double TOLERANCE = 3e-5;

  /** Of a whole network, a float32 implementation can be asked for this. */
  private static final double NETWORK_TOLERANCE = 3e-4;

  static Stream<Path> heads() {
    return files(GoldenTopic.DECODE_HEADS);
  }

  static Stream<Path> inference() {
    return files(GoldenTopic.SEGMENTATION_INFERENCE);
  }

  static Stream<Path> networks() {
    return files(GoldenTopic.SEGMENTERS);
  }

  private static Stream<Path> files(GoldenTopic topic) {
    return topic.files(GoldenSegmentationTest.class, "/golden-segmentation");
  }

  /** Heads under their published prefixes. */
  private static final class Heads extends NamedBlock {
    private final Neck neck;
    private final DecodeHead head;
    private final DecodeHead auxiliary;

    Heads(Neck neck, DecodeHead head, DecodeHead auxiliary) {
      this.neck = neck == null ? null : child("neck", neck);
      this.head = child("decode_head", head);
      this.auxiliary = auxiliary == null ? null : child("auxiliary_head", auxiliary);
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return head.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return head.getOutputShapes(inputShapes);
    }
  }

  private static Heads heads(GoldenFile file) {
    JsonObject config = file.config();
    List<LevelShape> levels = new ArrayList<>();
    Map<String, JsonObject> parts = new HashMap<>();
    for (String part : List.of("neck", "decode_head", "auxiliary_head")) {
      if (config.has(part)) {
        parts.put(part, config.getAsJsonObject(part));
      }
    }
    // The finest stride is that of the image where it is given.
    file.inputs()
        .values()
        .forEach(
            input -> {
              int stride =
                  config.get("image").isJsonNull()
                      ? 16
                      : (int)
                          Math.ceil(
                              config.getAsJsonArray("image").get(1).getAsDouble()
                                  / input.shape()[3]);
              levels.add(new LevelShape((int) input.shape()[1], stride));
            });
    JsonObject head = parts.get("decode_head");
    int channels = head.get("channels").getAsInt();
    int classes = head.get("num_classes").getAsInt();
    float dropout = head.get("dropout_ratio").getAsFloat();
    if (parts.containsKey("neck")) {
      JsonObject neck = parts.get("neck");
      Fpn fpn =
          new Fpn(
              levels,
              FpnConfig.of(neck.get("out_channels").getAsInt(), neck.get("num_outs").getAsInt()));
      return new Heads(fpn, new SemanticFpnHead(fpn.levels(), channels, classes, dropout), null);
    }
    DecodeHead auxiliary =
        parts.containsKey("auxiliary_head") ? fcn(levels, parts.get("auxiliary_head")) : null;
    return new Heads(null, new UPerHead(levels, channels, classes, dropout), auxiliary);
  }

  private static FcnHead fcn(List<LevelShape> levels, JsonObject config) {
    return new FcnHead(
        levels,
        config.get("in_index").getAsInt(),
        config.get("channels").getAsInt(),
        config.get("num_convs").getAsInt(),
        config.get("concat_input").getAsBoolean(),
        config.get("num_classes").getAsInt(),
        0.1f);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("heads")
  void headsAgree(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    try (NDManager manager = NDManager.newBaseManager()) {
      Heads heads = heads(file);
      GoldenBlocks.load(heads, file, manager);
      NDList maps = GoldenBlocks.inputs(manager, file);
      check(heads, maps, file, manager);
      heads.foldNorms();
      check(heads, maps, file, manager);
    }
  }

  private static void check(Heads heads, NDList maps, GoldenFile file, NDManager manager) {
    ParameterStore store = new ParameterStore(manager, false);
    Map<String, float[]> got = new HashMap<>();
    NDList levels = maps;
    if (heads.neck != null) {
      levels = heads.neck.forward(store, maps, false);
      for (int i = 0; i < levels.size(); i++) {
        got.put("neck." + i, levels.get(i).toFloatArray());
      }
    }
    Probe probe = (name, value) -> got.put(name, value.toFloatArray());
    NDArray logits = heads.head.scores(store, levels, false, probe);
    assertThat(logits.getShape()).isEqualTo(heads.head.getOutputShapes(levels.getShapes())[0]);
    got.put("logits", logits.toFloatArray());
    if (heads.auxiliary != null) {
      NDArray scores = heads.auxiliary.scores(store, levels, false, Probe.NONE);
      assertThat(scores.getShape())
          .isEqualTo(heads.auxiliary.getOutputShapes(levels.getShapes())[0]);
      got.put("aux_logits", scores.toFloatArray());
    }
    if (file.outputs().containsKey("resized")) {
      long[] size = file.outputs().get("resized").shape();
      got.put("resized", resized(logits, size).toFloatArray());
    }
    for (GoldenOutput output : file.outputs().values()) {
      if (output.name().equals("labels")) {
        long[] size = output.shape();
        NDArray labels = SegmentationInference.labels(logits, (int) size[1], (int) size[2]);
        checkLabels(output, labels);
      } else {
        output.check(got.get(output.name()), TOLERANCE);
      }
    }
  }

  private static NDArray resized(NDArray scores, long[] size) {
    return Resize.bilinear(scores.transpose(0, 2, 3, 1), size[2], size[3]).transpose(0, 3, 1, 2);
  }

  private static void checkLabels(GoldenOutput output, NDArray labels) {
    assertThat(labels.getShape()).isEqualTo(new Shape(output.shape()));
    long[] got = labels.toLongArray();
    for (int i = 0; i < output.indices().length; i++) {
      assertThat(got[output.indices()[i]])
          .as("%s at %d", output.name(), output.indices()[i])
          .isEqualTo(Math.round(output.values()[i]));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("inference")
  void inferenceAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    JsonObject config = file.config();
    JsonArray crop = config.getAsJsonObject("slide").getAsJsonArray("crop_size");
    JsonArray stride = config.getAsJsonObject("slide").getAsJsonArray("stride");
    JsonArray picture = config.getAsJsonArray("ori_shape");
    try (NDManager manager = NDManager.newBaseManager()) {
      OneConvolution backbone = new OneConvolution(3, 8, 4);
      Segmenter network =
          new Segmenter(
              backbone, null, fcn(backbone.levels(), config.getAsJsonObject("decode_head")), null);
      GoldenBlocks.load(network, file, manager);
      NDArray images = GoldenBlocks.inputs(manager, file).singletonOrThrow();
      int height = picture.get(0).getAsInt();
      int width = picture.get(1).getAsInt();
      SegmentationInference slide =
          SegmentationInference.slide(
              crop.get(0).getAsInt(),
              crop.get(1).getAsInt(),
              stride.get(0).getAsInt(),
              stride.get(1).getAsInt());
      Map<String, SegmentationInference> modes =
          Map.of("whole", SegmentationInference.whole(), "slide", slide);
      for (String mode : modes.keySet()) {
        NDArray scores =
            modes.get(mode).scores(network, new ParameterStore(manager, false), images);
        Map<String, GoldenOutput> outputs = file.outputs();
        outputs.get(mode + ".logits").check(scores.toFloatArray(), TOLERANCE);
        GoldenOutput rescaled = outputs.get(mode + ".rescaled");
        rescaled.check(resized(scores, rescaled.shape()).toFloatArray(), TOLERANCE);
        outputs
            .get(mode + ".softmax")
            .check(
                SegmentationInference.probabilities(scores, height, width).toFloatArray(),
                TOLERANCE);
        checkLabels(
            outputs.get(mode + ".labels"), SegmentationInference.labels(scores, height, width));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void networksAgree(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    JsonObject config = file.config();
    Map<String, Object> arguments = new HashMap<>();
    new Gson()
        .fromJson(config.get("backbone"), Map.class)
        .forEach((key, value) -> arguments.put((String) key, value));
    try (NDManager manager = NDManager.newBaseManager()) {
      var backbone = Backbones.create("vmamba_tiny_s1l8", arguments, Purpose.FEATURES);
      List<LevelShape> levels = backbone.levels();
      int classes = config.get("num_classes").getAsInt();
      Segmenter network =
          new Segmenter(
              backbone,
              null,
              new UPerHead(levels, config.get("channels").getAsInt(), classes, 0.1f),
              new FcnHead(
                  levels, 2, config.get("aux_channels").getAsInt(), 1, false, classes, 0.1f));
      loadRenamed(network, file, manager);
      NDArray images = GoldenBlocks.inputs(manager, file).singletonOrThrow();
      check(network, images, file, manager);
      network.foldNorms();
      check(network, images, file, manager);
    }
  }

  /** The reference is older than the names of the project's VMamba, as the published files are. */
  private static void loadRenamed(Segmenter network, GoldenFile file, NDManager manager)
      throws Exception {
    Map<String, NDArray> tensors = new HashMap<>();
    for (GoldenTensor tensor : file.parameters()) {
      NDArray array = GoldenBlocks.create(manager, tensor);
      String name = tensor.name().replaceAll("\\.op\\.(x_proj|dt_projs)_weight$", ".op.$1.weight");
      long[] shape = tensor.shape();
      tensors.put(
          name, name.equals(tensor.name()) ? array : array.reshape(shape[0] * shape[1], shape[2]));
    }
    StateDict.load(network, tensors, manager);
    network.freezeParameters(true);
  }

  private static void check(Segmenter network, NDArray images, GoldenFile file, NDManager manager) {
    ParameterStore store = new ParameterStore(manager, false);
    Map<String, float[]> got = new HashMap<>();
    NDList scores =
        network.inspect(
            store,
            images,
            (name, value) -> got.put(name.replace("pyramid", "feature."), value.toFloatArray()));
    got.put("logits", scores.get(0).toFloatArray());
    got.put("aux_logits", scores.get(1).toFloatArray());
    got.put("resized", SegmentationInference.whole().scores(network, store, images).toFloatArray());
    for (GoldenOutput output : file.outputs().values()) {
      output.check(got.get(output.name()), NETWORK_TOLERANCE);
    }
  }
}
