package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.golden.GoldenOutput;
import dev.visionmamba.golden.GoldenTensor;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.GoldenTopic;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operator of detection against what the references' operators compute. */
class GoldenOperatorsTest {
  private static final double TOLERANCE = 1e-5;

  static Stream<Path> files() {
    return GoldenTopic.BOXES_AND_MASKS.files(GoldenOperatorsTest.class, "/golden-ops");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void operatorAgrees(Path path) {
    GoldenFile file = GoldenFile.read(path);
    Map<String, float[]> results =
        switch (file.model()) {
          case "AnchorGenerator" -> anchors(file);
          case "DeltaXYWHBBoxCoder" -> boxCoder(file);
          case "nms, batched_nms, multiclass_nms" -> nms(file);
          case "_do_paste_mask" -> pasteMask(file);
          case "mmcv.rescale_size" -> rescaleSize(file);
          case "RoIAlign" -> roiAlign(file);
          case "SingleRoIExtractor.map_roi_levels" ->
              Map.of(
                  "levels", floats(RoiLevels.mmdetection(4).of(rois(input(file, "rois")).boxes())));
          default -> roiExtractor(file);
        };
    assertThat(results.keySet()).containsExactlyInAnyOrderElementsOf(file.outputs().keySet());
    for (GoldenOutput output : file.outputs().values()) {
      output.check(results.get(output.name()), TOLERANCE);
    }
  }

  private static float[] input(GoldenFile file, String name) {
    return file.inputs().get(name).elements();
  }

  private static float[] floats(int[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers[i];
    }
    return floats;
  }

  private static float[] floats(JsonObject config, String key) {
    List<JsonElement> list = config.getAsJsonArray(key).asList();
    float[] floats = new float[list.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = list.get(i).getAsFloat();
    }
    return floats;
  }

  private static Map<String, float[]> anchors(GoldenFile file) {
    Map<String, float[]> results = new LinkedHashMap<>();
    for (String kind : List.of("rpn", "retina")) {
      JsonObject config = file.config().getAsJsonObject(kind);
      List<Integer> strides = GoldenBlocks.integers(config, "strides");
      for (int i = 0; i < strides.size(); i++) {
        float[] ratios = floats(config, "ratios");
        Anchors anchors =
            kind.equals("rpn")
                ? Anchors.ofRatiosAndScales(strides.get(i), ratios, floats(config, "scales"))
                : Anchors.ofOctaves(
                    strides.get(i),
                    ratios,
                    config.get("octave_base_scale").getAsFloat(),
                    config.get("scales_per_octave").getAsInt());
        List<JsonElement> size =
            config.getAsJsonArray("feature_sizes").get(i).getAsJsonArray().asList();
        results.put(kind + ".base." + i, anchors.base());
        results.put(
            kind + ".grid." + i, anchors.grid(size.get(0).getAsInt(), size.get(1).getAsInt()));
      }
    }
    return results;
  }

  private static Map<String, float[]> boxCoder(GoldenFile file) {
    JsonObject config = file.config();
    double[] deviations = doubles(config, "stds");
    BoxCoder coder = BoxCoder.ofDeviations(deviations);
    double limit = -Math.log(config.get("wh_ratio_clip").getAsDouble());
    BoxCoder withMeans =
        new BoxCoder(doubles(config, "means_of_decode_means"), deviations, -limit, limit);
    float[] boxes = input(file, "boxes");
    float[] deltas = input(file, "deltas");
    float[] targets = input(file, "gt");
    float[] image = floats(config, "image");
    return Map.of(
        "decode", Boxes.clip(coder.decode(boxes, deltas), image[0], image[1]),
        "decode_unclipped", coder.decode(boxes, deltas),
        "decode_means", withMeans.decode(boxes, deltas),
        "encode", coder.encode(boxes, targets),
        "encode_means", withMeans.encode(boxes, targets));
  }

  private static double[] doubles(JsonObject config, String key) {
    return config.getAsJsonArray(key).asList().stream()
        .mapToDouble(JsonElement::getAsDouble)
        .toArray();
  }

  private static Map<String, float[]> nms(GoldenFile file) {
    Map<String, float[]> results = new LinkedHashMap<>();
    float[] boxes = input(file, "boxes");
    float[] scores = input(file, "scores");
    int[] classes = new int[scores.length];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = Math.round(input(file, "labels")[i]);
    }
    for (String threshold : List.of("0.3", "0.5", "0.7")) {
      float iou = Float.parseFloat(threshold);
      int[] plain = Nms.plain(boxes, scores, iou);
      results.put("nms_" + threshold + ".keep", floats(plain));
      results.put("nms_" + threshold + ".dets", detections(boxes, scores, plain));
      int[] batched = Nms.byClass(boxes, scores, classes, iou);
      results.put("batched_nms_" + threshold + ".keep", floats(batched));
      results.put("batched_nms_" + threshold + ".dets", detections(boxes, scores, batched));
    }
    JsonObject config = file.config().getAsJsonObject("multiclass");
    int columns = (int) file.inputs().get("logits").shape()[1];
    Selection selection =
        new MulticlassNms(
                config.get("score_thr").getAsFloat(),
                config.get("iou_threshold").getAsFloat(),
                config.get("max_num").getAsInt())
            .select(boxes, softmax(input(file, "logits"), columns), columns, columns - 1);
    int[] all = new int[selection.size()];
    Arrays.setAll(all, i -> i);
    results.put("multiclass.dets", detections(selection.boxes(), selection.scores(), all));
    results.put("multiclass.labels", floats(selection.labels()));
    results.put("multiclass.index", floats(selection.indices()));
    results.put(
        "iou", Boxes.iou(Arrays.copyOfRange(boxes, 0, 48), Arrays.copyOfRange(boxes, 48, 96)));
    return results;
  }

  private static float[] detections(float[] boxes, float[] scores, int[] indices) {
    float[] rows = new float[indices.length * 5];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(boxes, indices[i] * 4, rows, i * 5, 4);
      rows[i * 5 + 4] = scores[indices[i]];
    }
    return rows;
  }

  private static float[] softmax(float[] logits, int columns) {
    float[] softmax = new float[logits.length];
    for (int row = 0; row < logits.length; row += columns) {
      double sum = 0;
      for (int i = row; i < row + columns; i++) {
        sum += Math.exp(logits[i]);
      }
      for (int i = row; i < row + columns; i++) {
        softmax[i] = (float) (Math.exp(logits[i]) / sum);
      }
    }
    return softmax;
  }

  private static Map<String, float[]> pasteMask(GoldenFile file) {
    GoldenTensor logits = file.inputs().get("mask_logits");
    int count = (int) logits.shape()[0];
    int side = (int) logits.shape()[2];
    float[] size = floats(file.config(), "image");
    int height = (int) size[0];
    int width = (int) size[1];
    float[] pasted = new float[count * height * width];
    float[] area = new float[count];
    for (int i = 0; i < count; i++) {
      float[] mask = new float[side * side];
      for (int k = 0; k < mask.length; k++) {
        mask[k] = (float) (1 / (1 + Math.exp(-logits.elements()[i * mask.length + k])));
      }
      float[] box = Arrays.copyOfRange(input(file, "boxes"), 4 * i, 4 * i + 4);
      float[] values = MaskPaste.values(mask, side, box, height, width);
      System.arraycopy(values, 0, pasted, i * values.length, values.length);
      float threshold = file.config().get("threshold").getAsFloat();
      for (boolean covered : MaskPaste.covered(mask, side, box, height, width, threshold)) {
        area[i] += covered ? 1 : 0;
      }
    }
    return Map.of("pasted", pasted, "area", area);
  }

  private static Map<String, float[]> rescaleSize(GoldenFile file) {
    float[] limits = floats(file.config(), "scale");
    int divisor = file.config().get("pad_divisor").getAsInt();
    float[] images = input(file, "image_hw");
    float[] sizes = new float[images.length * 3];
    for (int i = 0; i < images.length / 2; i++) {
      RescaleSize size =
          RescaleSize.within(
              (int) images[2 * i], (int) images[2 * i + 1], (int) limits[0], (int) limits[1]);
      sizes[6 * i] = size.height();
      sizes[6 * i + 1] = size.width();
      sizes[6 * i + 2] = RescaleSize.padded(size.height(), divisor);
      sizes[6 * i + 3] = RescaleSize.padded(size.width(), divisor);
      sizes[6 * i + 4] = (float) size.scaleX();
      sizes[6 * i + 5] = (float) size.scaleY();
    }
    return Map.of("size", sizes);
  }

  /** Rows of image and box. */
  private static Rois rois(float[] rows) {
    int count = rows.length / 5;
    float[] boxes = new float[count * 4];
    int[] images = new int[count];
    for (int i = 0; i < count; i++) {
      images[i] = (int) rows[5 * i];
      System.arraycopy(rows, 5 * i + 1, boxes, 4 * i, 4);
    }
    return new Rois(boxes, images);
  }

  private static Map<String, float[]> roiAlign(GoldenFile file) {
    Map<String, float[]> results = new LinkedHashMap<>();
    Rois rois = rois(input(file, "rois"));
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = GoldenBlocks.create(manager, file.inputs().get("input")).transpose(0, 2, 3, 1);
      for (String name : file.config().keySet()) {
        JsonObject config = file.config().getAsJsonObject(name);
        float[] size =
            config.get("output_size").isJsonArray()
                ? floats(config, "output_size")
                : new float[] {
                  config.get("output_size").getAsInt(), config.get("output_size").getAsInt()
                };
        RoiAlign align =
            new RoiAlign((int) size[0], (int) size[1], config.get("sampling_ratio").getAsInt());
        NDArray pooled = align.forward(map, config.get("spatial_scale").getAsDouble(), rois);
        results.put(name, pooled.transpose(0, 3, 1, 2).toFloatArray());
      }
    }
    return results;
  }

  private static Map<String, float[]> roiExtractor(GoldenFile file) {
    int[] strides =
        GoldenBlocks.integers(file.config(), "strides").stream().mapToInt(i -> i).toArray();
    float finest = file.config().get("finest_scale").getAsFloat();
    RoiLevels levels = new RoiLevels(finest, 0, 1e-6f, 0, strides.length);
    Rois rois = rois(input(file, "rois"));
    Map<String, float[]> results = new LinkedHashMap<>();
    results.put("levels", floats(levels.of(rois.boxes())));
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      List<NDArray> maps = new ArrayList<>();
      for (int i = 0; i < strides.length; i++) {
        maps.add(
            GoldenBlocks.create(manager, file.inputs().get("feat." + i)).transpose(0, 2, 3, 1));
      }
      for (int side : new int[] {7, 14}) {
        RoiExtractor extractor = new RoiExtractor(RoiAlign.adaptive(side), strides, levels);
        NDArray pooled = extractor.forward(maps, rois);
        results.put("roi_" + side, pooled.transpose(0, 3, 1, 2).toFloatArray());
      }
    }
    return results;
  }
}
