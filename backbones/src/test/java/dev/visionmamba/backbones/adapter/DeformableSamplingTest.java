package dev.visionmamba.backbones.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Blocks;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.visionmamba.scans.DirectionalDerivative;
import dev.visionmamba.scans.Doubles;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sampling is the definition's sum, place by place in float64, and so are its gradients. */
class DeformableSamplingTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A random geometry; its numbers follow from the seed. */
  record Case(
      int batch, List<MapSize> queries, List<MapSize> levels, int heads, int points, int size) {

    static Case of(int seed) {
      Random random = new Random(seed);
      return new Case(
          1 + random.nextInt(3),
          maps(random),
          maps(random),
          1 + random.nextInt(4),
          1 + random.nextInt(4),
          1 + random.nextInt(9));
    }

    private static List<MapSize> maps(Random random) {
      return random
          .ints(1 + random.nextInt(3))
          .mapToObj(i -> new MapSize(1 + random.nextInt(9), 1 + random.nextInt(9)))
          .toList();
    }

    DeformableSampling sampling() {
      return new DeformableSampling(queries, levels, heads, points);
    }

    int samples() {
      return heads * levels.size() * points;
    }

    Shape values() {
      return new Shape(batch, MapSize.tokens(levels), (long) heads * size);
    }

    Shape offsets() {
      return new Shape(batch, MapSize.tokens(queries), 2L * samples());
    }

    Shape weights() {
      return new Shape(batch, MapSize.tokens(queries), samples());
    }

    /** Inside, across the border and outside. */
    NDList arrays(NDManager manager) {
      Random random = new Random(7);
      return new NDList(
          random(manager, values(), random, 1),
          random(manager, offsets(), random, 6),
          random(manager, weights(), random, 1));
    }

    static NDArray random(NDManager manager, Shape shape, Random random, float scale) {
      float[] values = new float[(int) shape.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = scale * (2 * random.nextFloat() - 1);
      }
      return manager.create(values, shape);
    }
  }

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void isTheSumOfInterpolatedPlaces(int seed) {
    Case random = Case.of(seed);
    NDList arrays = random.arrays(manager);
    double[] expected = Definition.sums(random, arrays);
    for (boolean byOperations : new boolean[] {false, true}) {
      try (GradientMode mode = GradientMode.set(byOperations)) {
        NDArray sums = random.sampling().forward(arrays.get(0), arrays.get(1), arrays.get(2));
        assertThat(sums.getShape())
            .isEqualTo(
                new Shape(random.batch, MapSize.tokens(random.queries), random.values().get(2)));
        float[] actual = sums.toFloatArray();
        for (int i = 0; i < actual.length; i++) {
          assertThat(Math.abs(actual[i] - expected[i])).as("%d", i).isLessThan(2e-5);
        }
      }
    }
  }

  /** The definition. */
  private static final class Definition {

    static double[] sums(Case of, NDList arrays) {
      float[] values = arrays.get(0).toFloatArray();
      float[] offsets = arrays.get(1).toFloatArray();
      float[] weights = arrays.get(2).toFloatArray();
      int channels = of.heads * of.size;
      int tokens = MapSize.tokens(of.levels);
      int asked = MapSize.tokens(of.queries);
      double[] sums = new double[of.batch * asked * channels];
      for (int i = 0; i < sums.length; i++) {
        int channel = i % channels;
        int q = i / channels % asked;
        int image = i / channels / asked;
        double[] place = place(of.queries, q); // in parts of the image
        int first = image * tokens;
        for (int l = 0; l < of.levels.size(); l++) {
          MapSize level = of.levels.get(l);
          for (int p = 0; p < of.points; p++) {
            int head = channel / of.size;
            int sample =
                (((image * asked + q) * of.heads + head) * of.levels.size() + l) * of.points + p;
            double x = place[0] + offsets[2 * sample] / (double) level.width();
            double y = place[1] + offsets[2 * sample + 1] / (double) level.height();
            double column = x * level.width() - 0.5;
            double row = y * level.height() - 0.5;
            for (int r = 0; r < level.height(); r++) {
              for (int c = 0; c < level.width(); c++) {
                double share =
                    Math.max(0, 1 - Math.abs(row - r)) * Math.max(0, 1 - Math.abs(column - c));
                int at = (first + r * level.width() + c) * channels + channel;
                sums[i] += weights[sample] * share * values[at];
              }
            }
          }
          first += level.tokens();
        }
      }
      return sums;
    }

    private static double[] place(List<MapSize> maps, int query) {
      int q = query;
      for (MapSize map : maps) {
        if (q < map.tokens()) {
          return new double[] {
            (q % map.width() + 0.5) / map.width(), (q / map.width() + 0.5) / map.height()
          };
        }
        q -= map.tokens();
      }
      throw new IllegalStateException("no query " + query);
    }
  }

  @Test
  void gradientsAreWhatASmallStepChanges() {
    for (int seed = 0; seed < 6; seed++) {
      Case random = Case.of(100 + seed);
      Doubles doubles = new Doubles(manager, seed);
      NDList arrays =
          new NDList(
              doubles.array(-1, 1, random.values().getShape()),
              doubles.array(-3, 3, random.offsets().getShape()),
              doubles.array(-1, 1, random.weights().getShape()));
      DirectionalDerivative.check(
          arrays,
          list -> new NDList(random.sampling().forward(list.get(0), list.get(1), list.get(2))),
          doubles);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void aTapeGivesTheGradientsOfAutograd(int seed) {
    Case random = Case.of(seed);
    NDList expected = gradients(random, false);
    NDList actual = gradients(random, true);
    for (int k = 0; k < expected.size(); k++) {
      float[] wanted = expected.get(k).toFloatArray();
      float[] got = actual.get(k).toFloatArray();
      double scale = 0.1;
      for (float value : wanted) {
        scale = Math.max(scale, Math.abs(value));
      }
      for (int i = 0; i < wanted.length; i++) {
        assertThat(Math.abs(got[i] - wanted[i]))
            .as("%d, %d", k, i)
            .isLessThan((float) (2e-5 * scale));
      }
    }
  }

  private NDList gradients(Case random, boolean taped) {
    NDList arrays = random.arrays(manager);
    NDArray weights =
        Case.random(
            manager,
            new Shape(random.batch, MapSize.tokens(random.queries), random.values().get(2)),
            new Random(3),
            1);
    NDList gradients = new NDList();
    try (Model model = Model.newInstance("none")) {
      model.setBlock(Blocks.identityBlock());
      DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.l2Loss());
      try (Trainer trainer = taped ? ScanTrainer.of(model, config) : model.newTrainer(config);
          GradientCollector collector = trainer.newGradientCollector()) {
        arrays.forEach(array -> array.setRequiresGradient(true));
        // The inputs need not be leaves. Numbers of Java's would lie in its memory, and autograd
        // outlives that.
        NDArray sums =
            random
                .sampling()
                .forward(times(arrays.get(0), 2), times(arrays.get(1), 1), times(arrays.get(2), 3));
        collector.backward(sums.mul(weights).sum());
        arrays.forEach(array -> gradients.add(array.getGradient().duplicate()));
      }
    }
    return gradients;
  }

  private NDArray times(NDArray array, float factor) {
    return array.mul(manager.full(new Shape(1), factor));
  }

  @Test
  void placesOutsideAndNoPlacesCountNothing() {
    Case one = new Case(1, List.of(new MapSize(1, 1)), List.of(new MapSize(4, 4)), 1, 1, 3);
    NDArray values = manager.ones(one.values());
    NDArray weights = manager.ones(one.weights());
    for (float place : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -1e30f, 2.5f, -2.5f, 9}) {
      for (boolean byOperations : new boolean[] {false, true}) {
        try (GradientMode mode = GradientMode.set(byOperations && Float.isFinite(place))) {
          NDArray offsets = manager.create(new float[] {place, 0f}, one.offsets());
          float[] sums = one.sampling().forward(values, offsets, weights).toFloatArray();
          assertThat(sums).as("%s", place).containsOnly(0f);
        }
      }
    }
    NDArray corner = manager.create(new float[] {2f, 2f}, one.offsets()); // (3.5, 3.5)
    try (GradientMode off = GradientMode.off()) {
      assertThat(one.sampling().forward(values, corner, weights).toFloatArray())
          .containsOnly(0.25f);
    }
  }

  @Test
  void memoryOfAnyLayoutIsRead() {
    Case random = Case.of(5);
    NDList arrays = random.arrays(manager);
    double[] expected = Definition.sums(random, arrays);
    NDList views = new NDList();
    for (NDArray array : arrays) {
      Shape shape = array.getShape();
      views.add(
          array
              .transpose(0, 2, 1)
              .flatten()
              .reshape(shape.get(0), shape.get(2), shape.get(1))
              .transpose(0, 2, 1));
    }
    try (GradientMode off = GradientMode.off()) {
      float[] actual =
          random.sampling().forward(views.get(0), views.get(1), views.get(2)).toFloatArray();
      for (int i = 0; i < actual.length; i++) {
        assertThat(Math.abs(actual[i] - expected[i])).isLessThan(2e-5);
      }
    }
  }

  @Test
  void noImagesGiveNoSums() {
    Case none = new Case(0, List.of(new MapSize(2, 2)), List.of(new MapSize(3, 3)), 2, 1, 4);
    try (GradientMode off = GradientMode.off()) {
      NDArray sums =
          none.sampling()
              .forward(
                  manager.create(none.values()),
                  manager.create(none.offsets()),
                  manager.create(none.weights()));
      assertThat(sums.getShape()).isEqualTo(new Shape(0, 4, 8));
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Case random = new Case(2, List.of(new MapSize(2, 3)), List.of(new MapSize(3, 4)), 2, 1, 4);
    NDArray values = manager.ones(random.values());
    NDArray offsets = manager.ones(random.offsets());
    NDArray weights = manager.ones(random.weights());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> random.sampling().forward(values.get(":, 1:"), offsets, weights))
        .withMessageContaining("values must be (batch, 12,")
        .withMessageContaining("they are (2, 11, 8), (2, 6, 4) and (2, 6, 2)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> random.sampling().forward(values.get(":, :, 1:"), offsets, weights));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> random.sampling().forward(values, weights, weights));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> random.sampling().forward(values, offsets, weights.get("1:")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MapSize(0, 3))
        .withMessage("a map must have tokens, but is 0x3");
  }
}
