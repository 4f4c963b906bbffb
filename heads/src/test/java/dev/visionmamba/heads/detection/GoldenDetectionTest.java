package dev.visionmamba.heads.detection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.SimpleFeaturePyramid;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.RoiLevels;
import dev.visionmamba.heads.ops.Rois;
import dev.visionmamba.scans.autograd.GradientMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Detectors against what the references compute, from maps or from images. */
class GoldenDetectionTest {
  private static final double TOLERANCE = 3e-5;

  /** Scores that differ by less may come in either order. */
  private static final double SAME_SCORE = 1e-5;

  /** Pixels of a mask that may differ, of all: a threshold on interpolated values. */
  private static final double MASK_PIXELS = 1e-3;

  static Stream<Path> files() {
    return GoldenBlocks.files(
        GoldenDetectionTest.class,
        "/golden-detection",
        Set.of(
            "MaskRCNN",
            "RetinaNet",
            "SimpleFeaturePyramid+RPN+CascadeROIHeads",
            "VMamba Mask R-CNN"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void detectorAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDList inputs = GoldenBlocks.inputs(manager, file);
      Detector detector = detector(file, inputs);
      load(detector, file, manager);
      ImageFrame frame = frame(file);
      check(file, detector, inputs, frame);
      detector.foldNorms();
      check(file, detector, inputs, frame);
    }
  }

  /** VMamba's reference is older than the names of the project's VMamba, as published files are. */
  private static void load(Detector detector, GoldenFile file, NDManager manager)
      throws MalformedModelException {
    if (!file.config().has("backbone")) {
      GoldenBlocks.load(detector, file, manager);
      return;
    }
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (GoldenTensor tensor : file.parameters()) {
      NDArray array = GoldenBlocks.create(manager, tensor);
      String name = tensor.name().replaceAll("\\.op\\.(x_proj|dt_projs)_weight$", ".op.$1.weight");
      long[] shape = tensor.shape();
      tensors.put(
          name, name.equals(tensor.name()) ? array : array.reshape(shape[0] * shape[1], shape[2]));
    }
    StateDict.load(detector, tensors, manager);
    detector.freezeParameters(true);
  }

  private static Detector detector(GoldenFile file, NDList inputs) {
    JsonObject config = file.config();
    if (file.model().startsWith("SimpleFeaturePyramid")) {
      int channels = config.get("dim").getAsInt();
      Backbone net = new GivenMaps(inputs, List.of(new LevelShape(channels, 16)));
      int out = config.get("out_channels").getAsInt();
      int classes = config.get("num_classes").getAsInt();
      int hidden = config.get("fc_dim").getAsInt();
      return new Detector(
          new SimpleFeaturePyramid(net, out),
          null,
          new CascadeRcnn(CascadeRcnnConfig.published(out, classes, hidden)));
    }
    JsonObject neckConfig = config.getAsJsonObject("neck");
    List<Integer> channels = GoldenBlocks.integers(neckConfig, "in_channels");
    Backbone backbone;
    if (config.has("backbone")) {
      Map<String, Object> arguments = new HashMap<>();
      Map<?, ?> given = new Gson().fromJson(config.getAsJsonObject("backbone"), Map.class);
      given.forEach((key, value) -> arguments.put((String) key, value));
      backbone = Backbones.create("vmamba_tiny_s1l8", arguments, Purpose.FEATURES);
    } else {
      backbone = new GivenMaps(inputs, GoldenBlocks.levels(channels, 4));
    }
    int out = neckConfig.get("out_channels").getAsInt();
    Neck neck =
        new Fpn(
            backbone.levels(),
            new FpnConfig(
                out,
                GoldenBlocks.integer(neckConfig, "start_level", 0),
                neckConfig.get("num_outs").getAsInt(),
                neckConfig.has("add_extra_convs")
                    ? ExtraLevels.valueOf(
                        neckConfig.get("add_extra_convs").getAsString().toUpperCase(Locale.ROOT))
                    : ExtraLevels.MAX_POOL,
                neckConfig.has("norm_cfg")));
    return new Detector(backbone, neck, head(config, out));
  }

  private static DetectionHead head(JsonObject config, int channels) {
    if (!config.has("roi_head")) {
      int classes = config.getAsJsonObject("bbox_head").get("num_classes").getAsInt();
      return new RetinaNet(RetinaNetConfig.published(channels, classes));
    }
    JsonObject box = config.getAsJsonObject("roi_head").getAsJsonObject("bbox_head");
    int hidden = box.get("fc_out_channels").getAsInt();
    BoxHeadConfig boxHead =
        box.get("type").getAsString().equals("Shared4Conv1FCBBoxHead")
            ? BoxHeadConfig.fourConvolutions(box.get("conv_out_channels").getAsInt(), hidden)
            : BoxHeadConfig.twoLinears(hidden);
    return new MaskRcnn(
        MaskRcnnConfig.published(channels, box.get("num_classes").getAsInt(), boxHead));
  }

  private static ImageFrame frame(GoldenFile file) throws IOException {
    if (file.config().has("image")) {
      JsonArray size = file.config().getAsJsonArray("image");
      return ImageFrame.of(size.get(0).getAsInt(), size.get(1).getAsInt());
    }
    boolean zipped = file.path().toString().endsWith(".gz");
    try (InputStream stream = Files.newInputStream(file.path());
        InputStreamReader reader =
            new InputStreamReader(
                zipped ? new GZIPInputStream(stream) : stream, StandardCharsets.UTF_8)) {
      JsonObject image = JsonParser.parseReader(reader).getAsJsonObject().getAsJsonObject("image");
      JsonArray size = image.getAsJsonArray("img_shape");
      JsonArray original = image.getAsJsonArray("ori_shape");
      ImageFrame frame =
          new ImageFrame(
              size.get(0).getAsInt(),
              size.get(1).getAsInt(),
              original.get(0).getAsInt(),
              original.get(1).getAsInt());
      JsonArray scale = image.getAsJsonArray("scale_factor");
      assertThat(frame.scaleX()).isEqualTo(scale.get(0).getAsFloat());
      assertThat(frame.scaleY()).isEqualTo(scale.get(1).getAsFloat());
      return frame;
    }
  }

  /** What is compared, by the names of the file. */
  private static final class Results {
    final Map<String, float[]> of = new HashMap<>();

    void map(String name, NDArray channelLast) {
      of.put(name, channelLast.transpose(0, 3, 1, 2).toFloatArray());
    }

    void numbers(String name, int[] numbers) {
      float[] floats = new float[numbers.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = numbers[i];
      }
      of.put(name, floats);
    }

    void rows(String name, float[] boxes, float[] scores, int most) {
      float[] rows = new float[Math.min(most, scores.length) * 5];
      for (int i = 0; i < rows.length / 5; i++) {
        System.arraycopy(boxes, 4 * i, rows, 5 * i, 4);
        rows[5 * i + 4] = scores[i];
      }
      of.put(name, rows);
    }

    void detections(String prefix, Detections detections, ImageFrame frame) {
      rows(prefix + ".bboxes.0", detections.boxes(), detections.scores(), detections.size());
      numbers(prefix + ".labels.0", detections.labels());
      if (detections.masks().length == 0) {
        return;
      }
      int side = detections.masks()[0].length;
      float[] probabilities = new float[detections.size() * side];
      int[] areas = new int[detections.size()];
      int pixels = frame.originalHeight() * frame.originalWidth();
      float[] first = new float[4 * pixels];
      for (int i = 0; i < areas.length; i++) {
        System.arraycopy(detections.masks()[i], 0, probabilities, i * side, side);
        boolean[] covered = detections.pixels(i, frame.originalHeight(), frame.originalWidth());
        for (int p = 0; p < pixels; p++) {
          areas[i] += covered[p] ? 1 : 0;
          if (i < 4) {
            first[i * pixels + p] = covered[p] ? 1 : 0;
          }
        }
      }
      of.put(prefix + ".mask_prob.0", probabilities);
      numbers(prefix + ".mask_area.0", areas);
      of.put(prefix + ".masks.0", first);
    }
  }

  private static void check(GoldenFile file, Detector detector, NDList inputs, ImageFrame frame) {
    Results results = new Results();
    try (NDManager scope = inputs.getManager().newSubManager();
        GradientMode off = GradientMode.off()) {
      ParameterStore store = new ParameterStore(scope, false);
      NDArray images = inputs.head();
      Detections detections = detector.detect(store, images, List.of(frame)).get(0);
      results.detections("det", ordered(detections, file.outputs().get("det.bboxes.0")), frame);

      FeaturePyramid pyramid =
          detector
              .backbone()
              .features(
                  store,
                  images,
                  false,
                  (name, value) ->
                      results.of.put(name.replace("pyramid", "feature."), value.toFloatArray()));
      if (detector.neck() != null) {
        pyramid = detector.neck().forward(store, pyramid, false);
      }
      List<NDArray> maps = detector.head().channelLast(pyramid.maps());
      for (int i = 0; i < maps.size(); i++) {
        results.map("p" + (i + 2), maps.get(i));
      }
      List<LevelPrediction> predictions = detector.head().predict(store, maps, false);
      String prefix = detector.head() instanceof RetinaNet ? "" : "rpn.";
      for (int i = 0; i < predictions.size(); i++) {
        results.map(prefix + "cls." + i, predictions.get(i).scores());
        results.map(prefix + "bbox." + i, predictions.get(i).deltas());
      }
      if (detector.head() instanceof CascadeRcnn cascade) {
        results.map("p6", maps.get(3).get(":, ::2, ::2"));
        Proposals proposals = cascade.proposals(predictions, List.of(frame)).get(0);
        results.rows("proposals.0", proposals.boxes(), proposals.scores(), 50);
      } else if (detector.head() instanceof MaskRcnn maskRcnn) {
        Proposals proposals = maskRcnn.proposals(predictions, List.of(frame)).get(0);
        results.rows("proposals.0", proposals.boxes(), proposals.scores(), 50);
        if (file.inputs().containsKey("boxes")) {
          regions(file, maskRcnn, store, maps, frame, results);
        }
      }
    }
    for (GoldenOutput output : file.outputs().values()) {
      assertThat(results.of).containsKey(output.name());
      compare(output, results.of.get(output.name()));
    }
  }

  /** Detections in the file's order, from which they may differ where scores almost agree. */
  private static Detections ordered(Detections detections, GoldenOutput rows) {
    int count = detections.size();
    assertThat(rows.values()).hasSize(5 * count);
    int[] order = new int[count];
    boolean[] taken = new boolean[count];
    for (int i = 0; i < count; i++) {
      order[i] = -1;
      double nearest = Double.POSITIVE_INFINITY;
      for (int k = 0; k < count; k++) {
        double difference = Math.abs(detections.scores()[k] - rows.values()[5 * i + 4]);
        double distance = distance(detections.box(k), rows.values(), 5 * i);
        if (!taken[k] && difference < SAME_SCORE && distance < nearest) {
          order[i] = k;
          nearest = distance;
        }
      }
      assertThat(order[i]).as("a detection like number %d", i).isNotNegative();
      taken[order[i]] = true;
    }
    float[] scores = new float[count];
    int[] labels = new int[count];
    float[][] masks = new float[detections.masks().length][];
    for (int i = 0; i < count; i++) {
      scores[i] = detections.scores()[order[i]];
      labels[i] = detections.labels()[order[i]];
      if (i < masks.length) {
        masks[i] = detections.masks()[order[i]];
      }
      assertThat(i == 0 || detections.scores()[i] <= detections.scores()[i - 1]).isTrue();
    }
    return new Detections(Boxes.select(detections.boxes(), order), scores, labels, masks);
  }

  private static double distance(float[] box, double[] rows, int at) {
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      sum += Math.abs(box[i] - rows[at + i]);
    }
    return sum;
  }

  /** What is computed from given regions. */
  private static void regions(
      GoldenFile file,
      MaskRcnn head,
      ParameterStore store,
      List<NDArray> maps,
      ImageFrame frame,
      Results results) {
    float[] boxes = file.inputs().get("boxes").elements();
    Rois rois = Rois.ofOneImage(boxes);
    results.numbers("levels", RoiLevels.mmdetection(4).of(boxes));
    NDArray boxFeatures = head.boxFeatures(maps, rois);
    NDArray maskFeatures = head.maskFeatures(maps, rois);
    results.map("roi.bbox_feats", boxFeatures);
    results.map("roi.mask_feats", maskFeatures);
    BoxPrediction prediction = head.boxes(store, boxFeatures, false);
    results.of.put("roi.cls_score", prediction.scores().toFloatArray());
    results.of.put("roi.bbox_pred", prediction.deltas().toFloatArray());
    results.map("roi.mask_logits", head.masks(store, maskFeatures, false));
    Detections fixed =
        head.detectAt(store, maps, List.of(frame), List.of(boxes), head.options()).get(0);
    results.detections("fixed", ordered(fixed, file.outputs().get("fixed.bboxes.0")), frame);
  }

  private static void compare(GoldenOutput output, float[] got) {
    long size = 1;
    for (long length : output.shape()) {
      size *= length;
    }
    assertThat((long) got.length).as("size of %s", output.name()).isEqualTo(size);
    if (output.name().contains(".mask_area.")) {
      for (int i = 0; i < got.length; i++) {
        double area = output.values()[i];
        assertThat((double) got[i])
            .as("%s, %d", output.name(), i)
            .isCloseTo(area, within(Math.ceil(area * MASK_PIXELS)));
      }
    } else if (output.name().contains(".masks.")) {
      int differing = 0;
      for (int i = 0; i < output.indices().length; i++) {
        differing += got[output.indices()[i]] == output.values()[i] ? 0 : 1;
      }
      assertThat(differing).as(output.name()).isLessThanOrEqualTo(1);
    } else {
      output.check(got, TOLERANCE);
    }
  }
}
