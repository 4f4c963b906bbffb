package dev.visionmamba.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.heads.detection.BoxHeadConfig;
import dev.visionmamba.heads.detection.BoxPrediction;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.detection.LevelPrediction;
import dev.visionmamba.heads.detection.MaskRcnn;
import dev.visionmamba.heads.detection.MaskRcnnConfig;
import dev.visionmamba.heads.detection.Proposals;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MaskPaste;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.heads.ops.Rois;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.tasks.Benchmark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Where the time of Mask R-CNN goes: the published shape (81 outputs of classes, 256 channels, 1000
 * proposals, 100 objects) on a backbone at 800x1216, part by part, each beside the time that its
 * multiply-adds take as matrix products on this machine.
 *
 * <p>The weights are random, so the classes of the regions are drawn instead: each region has two
 * or three classes above the threshold of 0.05, as busy pictures have.
 */
public final class MaskRcnnParts {
  private static final int HEIGHT = 800;
  private static final int WIDTH = 1216;
  private static final int CLASSES = 80;
  private static final int CHANNELS = 256;
  private static final int HIDDEN = 1024;
  private static final int WARMUP = 4;
  private static final int RUNS = 9;

  private final Map<String, Part> parts = new LinkedHashMap<>();
  private final double rate;

  private MaskRcnnParts(double rate) {
    this.rate = rate;
  }

  /** A part's times in milliseconds and its multiply-adds; 0 where it has no matrix product. */
  private record Part(List<Double> milliseconds, long multiplyAdds) {
    double median() {
      double[] sorted = milliseconds.stream().mapToDouble(d -> d).sorted().toArray();
      return sorted[sorted.length / 2];
    }
  }

  /**
   * Measures and prints a table.
   *
   * @param arguments a backbone's name; {@code vmamba_tiny_s1l8} if there is none
   */
  public static void main(String[] arguments) {
    String name = arguments.length == 0 ? "vmamba_tiny_s1l8" : arguments[0];
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      Backbone backbone =
          Backbones.create(name, Map.of("out_indices", List.of(0, 1, 2, 3)), Purpose.FEATURES);
      Fpn neck = new Fpn(backbone.levels(), FpnConfig.of(CHANNELS, 5));
      MaskRcnn head =
          new MaskRcnn(
              MaskRcnnConfig.published(CHANNELS, CLASSES, BoxHeadConfig.twoLinears(HIDDEN)));
      for (var block : List.of(backbone, neck, head)) {
        block.initialize(manager, DataType.FLOAT32, new Shape(1));
        block.freezeParameters(true);
      }
      MaskRcnnParts table = new MaskRcnnParts(Benchmark.matrixRate(manager));
      for (int run = 0; run < WARMUP + RUNS; run++) {
        if (run == WARMUP) {
          table.parts.clear();
        }
        table.run(manager, backbone, neck, head);
      }
      table.print(name);
    }
  }

  /** One image through all parts. */
  private void run(NDManager owner, Backbone backbone, Fpn neck, MaskRcnn head) {
    try (NDManager manager = owner.newSubManager()) {
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.randomNormal(new Shape(1, 3, HEIGHT, WIDTH));
      ImageFrame frame = ImageFrame.of(HEIGHT, WIDTH);

      FeaturePyramid seen =
          time(
              "backbone",
              backbone.multiplyAdds(HEIGHT, WIDTH),
              () -> backbone.features(store, images, false, Probe.NONE));
      List<NDArray> maps =
          time(
              "neck",
              neckCost(backbone),
              () -> head.channelLast(neck.forward(store, seen, false).maps()));
      long places = maps.stream().mapToLong(map -> map.getShape().slice(0, 3).size()).sum();
      List<LevelPrediction> dense =
          time(
              "RPN's convolutions",
              places * (9L * CHANNELS * CHANNELS + 15L * CHANNELS),
              () -> head.predict(store, maps, false));
      Proposals proposals =
          time(
              "proposals: anchors, decoding, NMS",
              0,
              () -> head.proposals(dense, List.of(frame)).get(0));
      Rois regions = Rois.ofOneImage(proposals.boxes());
      NDArray boxFeatures = time("RoIAlign of boxes", 0, () -> head.boxFeatures(maps, regions));
      long boxCost = 49L * CHANNELS * HIDDEN + (long) HIDDEN * (HIDDEN + 5 * CLASSES + 1);
      BoxPrediction boxes =
          time("box head", proposals.size() * boxCost, () -> head.boxes(store, boxFeatures, false));
      float[] deltas = boxes.deltas().toFloatArray();
      float[] scores = drawnScores(proposals.size());
      Selection objects =
          time(
              "objects: decoding, NMS",
              0,
              () -> {
                float[] decoded =
                    BoxCoder.ofDeviations(0.1, 0.1, 0.2, 0.2).decode(proposals.boxes(), deltas);
                return head.config()
                    .detections()
                    .select(Boxes.clip(decoded, HEIGHT, WIDTH), scores, CLASSES + 1, CLASSES);
              });
      Rois kept = Rois.ofOneImage(objects.boxes());
      NDArray maskFeatures = time("RoIAlign of masks", 0, () -> head.maskFeatures(maps, kept));
      long maskCost = 196L * CHANNELS * (4 * 9 * CHANNELS + 4 * CHANNELS + 4 * CLASSES);
      NDArray logits =
          time(
              "mask head", objects.size() * maskCost, () -> head.masks(store, maskFeatures, false));
      int side = (int) logits.getShape().get(1);
      float[] probabilities = Activation.sigmoid(logits.get(":, :, :, 0")).toFloatArray();
      time(
          "pasting",
          0,
          () -> {
            List<boolean[]> pasted = new ArrayList<>();
            for (int i = 0; i < objects.size(); i++) {
              float[] mask =
                  Arrays.copyOfRange(probabilities, i * side * side, (i + 1) * side * side);
              float[] box = Arrays.copyOfRange(objects.boxes(), 4 * i, 4 * i + 4);
              pasted.add(MaskPaste.covered(mask, side, box, HEIGHT, WIDTH, 0.5f));
            }
            return pasted;
          });
    }
  }

  private static long neckCost(Backbone backbone) {
    long cost = 0;
    for (LevelShape level : backbone.levels()) {
      long places = (long) (HEIGHT / level.stride()) * (WIDTH / level.stride());
      cost += places * CHANNELS * (level.channels() + 9L * CHANNELS);
    }
    return cost;
  }

  /** Two or three classes of each region above the threshold. */
  private static float[] drawnScores(int regions) {
    Random random = new Random(7);
    float[] scores = new float[regions * (CLASSES + 1)];
    for (int region = 0; region < regions; region++) {
      for (int i = 0; i < 2 + region % 2; i++) {
        scores[region * (CLASSES + 1) + random.nextInt(CLASSES)] =
            0.06f + 0.3f * random.nextFloat();
      }
    }
    return scores;
  }

  private <T> T time(String part, long multiplyAdds, Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    double milliseconds = (System.nanoTime() - start) * 1e-6;
    parts
        .computeIfAbsent(part, name -> new Part(new ArrayList<>(), multiplyAdds))
        .milliseconds
        .add(milliseconds);
    return result;
  }

  private void print(String name) {
    double whole = parts.values().stream().mapToDouble(Part::median).sum();
    double other =
        parts.values().stream()
            .filter(part -> part.multiplyAdds == 0)
            .mapToDouble(Part::median)
            .sum();
    System.out.printf(
        Locale.ROOT,
        "Mask R-CNN on %s, %dx%d, medians of %d runs; matrix products at %.0f GFLOP/s%n",
        name,
        HEIGHT,
        WIDTH,
        RUNS,
        rate);
    parts.forEach(
        (part, times) ->
            System.out.printf(
                Locale.ROOT,
                "  %-34s %8.1f ms  %5.1f %%  floor %7.1f ms%n",
                part,
                times.median(),
                100 * times.median() / whole,
                2 * times.multiplyAdds / rate * 1e-6));
    System.out.printf(Locale.ROOT, "  %-34s %8.1f ms%n", "all", whole);
    System.out.printf(
        Locale.ROOT,
        "  %-34s %8.1f ms  %5.1f %%%n",
        "no matrix product",
        other,
        100 * other / whole);
  }
}
