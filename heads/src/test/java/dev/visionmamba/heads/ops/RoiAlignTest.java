package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;

/** RoIAlign is the mean of bilinear samples, sample by sample in float64. */
class RoiAlignTest {

  /** A random map and regions; their numbers follow from the seed. */
  record Case(
      int images,
      int height,
      int width,
      int channels,
      RoiAlign align,
      double scale,
      int rois,
      long seed) {

    NDArray map(NDManager manager) {
      Random random = new Random(seed);
      float[] values = new float[images * height * width * channels];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat() * 2 - 1;
      }
      return manager.create(values, new Shape(images, height, width, channels));
    }

    /** Inside, outside, across borders, without area, turned inside out. */
    Rois regions() {
      Random random = new Random(seed + 1);
      float[] boxes = new float[rois * 4];
      int[] of = new int[rois];
      for (int i = 0; i < rois; i++) {
        of[i] = random.nextInt(images);
        double reach = random.nextInt(4) == 0 ? 3 : 1;
        boxes[4 * i] = (float) ((random.nextDouble() * reach - (reach - 1) / 2) * width / scale);
        boxes[4 * i + 1] =
            (float) ((random.nextDouble() * reach - (reach - 1) / 2) * height / scale);
        boxes[4 * i + 2] = boxes[4 * i] + (float) (side(random) * width / scale);
        boxes[4 * i + 3] = boxes[4 * i + 1] + (float) (side(random) * height / scale);
      }
      return new Rois(boxes, of);
    }

    private static double side(Random random) {
      return switch (random.nextInt(6)) {
        case 0 -> 0;
        case 1 -> -random.nextDouble() * 0.2;
        case 2 -> random.nextDouble() * 2;
        default -> random.nextDouble() * 0.5;
      };
    }
  }

  @Provide
  Arbitrary<Case> cases() {
    Arbitrary<RoiAlign> aligns =
        Combinators.combine(
                Arbitraries.integers().between(1, 8),
                Arbitraries.integers().between(1, 8),
                Arbitraries.integers().between(0, 3))
            .as(RoiAlign::new);
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 20),
            Arbitraries.integers().between(1, 20),
            Arbitraries.integers().between(1, 9),
            aligns,
            Arbitraries.of(1.0, 0.25, 1.0 / 32, 0.3),
            Arbitraries.integers().between(0, 12),
            Arbitraries.longs())
        .as(Case::new);
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void isTheMeanOfSamples(@ForAll("cases") Case random) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = random.map(manager);
      NDArray pooled = random.align().forward(map, random.scale(), random.regions());
      check(pooled.toFloatArray(), Samples.pool(random, map.toFloatArray()));
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void operationsOfDjlGiveTheSame(@ForAll("cases") Case random) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode on = GradientMode.set(true)) {
      NDArray map = random.map(manager);
      NDArray pooled = random.align().forward(map, random.scale(), random.regions());
      check(pooled.toFloatArray(), Samples.pool(random, map.toFloatArray()));
    }
  }

  private static void check(float[] actual, double[] expected) {
    assertThat(actual).hasSize(expected.length);
    for (int i = 0; i < actual.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) <= 2e-6)) { // refuses NaN too
        throw new AssertionError(i + " is " + actual[i] + " instead of " + expected[i]);
      }
    }
  }

  @Test
  void memoryOfAnyLayoutIsRead() {
    Case random = new Case(2, 9, 7, 5, RoiAlign.adaptive(3), 0.5, 6, 3);
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = random.map(manager);
      NDArray view = map.transpose(0, 3, 1, 2).flatten().reshape(2, 5, 9, 7).transpose(0, 2, 3, 1);
      NDArray pooled = random.align().forward(view, random.scale(), random.regions());
      check(pooled.toFloatArray(), Samples.pool(random, map.toFloatArray()));
    }
  }

  @Test
  void aRegionFarLargerThanTheMapTakesTheSamplesOnIt() {
    Rois rois = Rois.ofOneImage(new float[] {-1e9f, -1e9f, 1e9f, 1e9f, 0, 0, 1e30f, 1e30f});
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = manager.ones(new Shape(1, 4, 4, 1));
      float[] pooled = RoiAlign.adaptive(2).forward(map, 1, rois).toFloatArray();
      assertThat(pooled).hasSize(8);
      for (float value : pooled) {
        assertThat(value).isBetween(0f, 1e-8f);
      }
    }
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
  void aRegionWhoseSamplesNoDoubleTellsApartIsPooled() {
    Rois rois = Rois.ofOneImage(new float[] {-1e17f, -1e17f, 1e17f, 1e17f});
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = manager.ones(new Shape(1, 40, 40, 1));
      for (float value : RoiAlign.adaptive(3).forward(map, 1, rois).toFloatArray()) {
        assertThat(value).isBetween(0f, 1e-8f);
      }
    }
  }

  @Test
  void moreRegionsThanMemoryCanAddressAreRefused() {
    Rois rois = Rois.ofOneImage(new float[50_000 * 4]);
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray map = manager.ones(new Shape(1, 1, 1, 256));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RoiAlign.adaptive(7).forward(map, 1, rois))
          .withMessageContaining("50000 regions")
          .withMessageContaining("2 GB");
    }
  }

  @Test
  void noRegionsGiveNoFeatures() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray map = manager.ones(new Shape(1, 4, 4, 3));
      for (boolean gradients : new boolean[] {false, true}) {
        try (GradientMode mode = GradientMode.set(gradients)) {
          NDArray pooled = RoiAlign.adaptive(7).forward(map, 1, Rois.ofOneImage(new float[0]));
          assertThat(pooled.getShape()).isEqualTo(new Shape(0, 7, 7, 3));
        }
      }
    }
  }

  /** A tape's gradients are those of DJL's operations, whose forward pass is checked above. */
  @Test
  void gradientsAreThoseOfAutograd() {
    int[] strides = {4, 8};
    RoiExtractor extractor =
        new RoiExtractor(RoiAlign.adaptive(3), strides, new RoiLevels(20, 0, 1e-6f, 0, 2));
    Random random = new Random(5);
    float[] boxes = new float[4 * 25];
    int[] images = new int[25];
    for (int i = 0; i < 25; i++) {
      images[i] = random.nextInt(2);
      boxes[4 * i] = random.nextFloat() * 50;
      boxes[4 * i + 1] = random.nextFloat() * 50;
      boxes[4 * i + 2] = boxes[4 * i] + random.nextFloat() * 60;
      boxes[4 * i + 3] = boxes[4 * i + 1] + random.nextFloat() * 60;
    }
    Rois rois = new Rois(boxes, images);
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray fine = manager.randomUniform(-1, 1, new Shape(2, 16, 18, 4));
      NDArray coarse = manager.randomUniform(-1, 1, new Shape(2, 8, 9, 4));
      NDArray weights = manager.randomUniform(-1, 1, new Shape(25, 3, 3, 4));
      NDList byAutograd = gradients(extractor, rois, weights, fine, coarse, false);
      NDList byTape = gradients(extractor, rois, weights, fine, coarse, true);
      for (int i = 0; i < 2; i++) {
        float[] expected = byAutograd.get(i).toFloatArray();
        float[] actual = byTape.get(i).toFloatArray();
        assertThat(byAutograd.get(i).abs().max().getFloat()).isGreaterThan(0.1f);
        for (int k = 0; k < expected.length; k++) {
          assertThat(Math.abs(actual[k] - expected[k])).as("%d, %d", i, k).isLessThan(1e-5f);
        }
      }
    }
  }

  private static NDList gradients(
      RoiExtractor extractor,
      Rois rois,
      NDArray weights,
      NDArray fine,
      NDArray coarse,
      boolean taped) {
    NDList gradients = new NDList();
    NDManager manager = fine.getManager();
    NDArray a = fine.duplicate();
    NDArray b = coarse.duplicate();
    a.setRequiresGradient(true);
    b.setRequiresGradient(true);
    try (GradientCollector collector =
        taped ? Tapes.collector() : manager.getEngine().newGradientCollector()) {
      // The tape's inputs need not be leaves. Java's own numbers would lie in Java's memory.
      List<NDArray> maps = List.of(a.mul(manager.full(new Shape(1), 2f)), b.square());
      NDArray pooled = extractor.forward(maps, rois);
      // What autograd has saved must not lie in memory that Java has taken away.
      assertThat(reuseCollectedMemory()).isNotEmpty();
      collector.backward(pooled.mul(weights).sum());
      gradients.add(a.getGradient().duplicate());
      gradients.add(b.getGradient().duplicate());
    }
    return gradients;
  }

  /** Collects garbage, and overwrites with zeros what memory has been given back. */
  private static List<ByteBuffer> reuseCollectedMemory() {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      System.gc();
      LockSupport.parkNanos(20_000_000); // the collector's cleaner is a thread of its own
      for (int size = 4; size <= 400; size += 4) {
        for (int i = 0; i < 20; i++) {
          buffers.add(ByteBuffer.allocateDirect(size));
        }
      }
    }
    return buffers;
  }

  @Test
  void whatDoesNotFitIsRefused() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray map = manager.ones(new Shape(1, 4, 4, 1));
      RoiAlign align = RoiAlign.adaptive(2);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> align.forward(map, 1, new Rois(new float[4], new int[] {1})))
          .withMessage("a region is of image 1, but the batch has 1");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> align.forward(map.squeeze(0), 1, Rois.ofOneImage(new float[4])))
          .withMessageContaining("(batch, height, width, channels)");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Rois.ofOneImage(new float[] {0, 0, Float.NaN, 1}))
          .withMessageContaining("[2] is NaN");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new RoiAlign(0, 1, 0))
          .withMessageContaining("0x1");
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  new RoiExtractor(align, new int[] {4, 8}, RoiLevels.mmdetection(2))
                      .forward(List.of(map), Rois.ofOneImage(new float[4])))
          .withMessageContaining("2 levels, but there are 1");
    }
  }

  /** The definition. */
  private static final class Samples {

    static double[] pool(Case random, float[] map) {
      RoiAlign align = random.align();
      Rois rois = random.regions();
      int channels = random.channels();
      double[] pooled = new double[rois.size() * align.height() * align.width() * channels];
      int at = 0;
      for (int i = 0; i < rois.size(); i++) {
        double[] box = new double[2];
        for (int k = 0; k < 2; k++) {
          box[k] = rois.boxes()[4 * i + k] * random.scale() - 0.5;
        }
        double binHeight =
            (rois.boxes()[4 * i + 3] * random.scale() - rois.boxes()[4 * i + 1] * random.scale())
                / align.height();
        double binWidth =
            (rois.boxes()[4 * i + 2] * random.scale() - rois.boxes()[4 * i] * random.scale())
                / align.width();
        int rows = align.samplingRatio() > 0 ? align.samplingRatio() : (int) Math.ceil(binHeight);
        int columns = align.samplingRatio() > 0 ? align.samplingRatio() : (int) Math.ceil(binWidth);
        for (int p = 0; p < align.height(); p++) {
          for (int q = 0; q < align.width(); q++) {
            for (int c = 0; c < channels; c++) {
              double sum = 0;
              for (int y = 0; y < rows; y++) {
                for (int x = 0; x < columns; x++) {
                  sum +=
                      sample(
                          random,
                          map,
                          rois.images()[i],
                          box[1] + p * binHeight + (y + 0.5) * binHeight / rows,
                          box[0] + q * binWidth + (x + 0.5) * binWidth / columns,
                          c);
                }
              }
              pooled[at++] = rows > 0 && columns > 0 ? sum / (rows * columns) : 0;
            }
          }
        }
      }
      return pooled;
    }

    private static double sample(
        Case random, float[] map, int image, double y, double x, int channel) {
      int height = random.height();
      int width = random.width();
      if (y < -1 || y > height || x < -1 || x > width) {
        return 0;
      }
      double row = Math.min(Math.max(y, 0), height - 1);
      double column = Math.min(Math.max(x, 0), width - 1);
      int top = (int) row;
      int left = (int) column;
      int bottom = Math.min(top + 1, height - 1);
      int right = Math.min(left + 1, width - 1);
      double down = row - top;
      double across = column - left;
      int base = image * height;
      return at(random, map, base + top, left, channel) * (1 - down) * (1 - across)
          + at(random, map, base + top, right, channel) * (1 - down) * across
          + at(random, map, base + bottom, left, channel) * down * (1 - across)
          + at(random, map, base + bottom, right, channel) * down * across;
    }

    private static double at(Case random, float[] map, int row, int column, int channel) {
      return map[(row * random.width() + column) * random.channels() + channel];
    }
  }
}
