package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Operands drawn at random, the same for the same seed, across all that the operators allow. */
final class RandomOperands {
  private static final int[] CHANNELS = {1, 3, 16, 17, 33, 100};
  private static final int[] STATES = {1, 2, 5, 16, 40};
  private static final int[] LENGTHS = {1, 2, 15, 16, 17, 31, 33, 70};

  private final NDManager manager;
  private final Random random;
  private final int seed;

  RandomOperands(NDManager manager, int seed) {
    this.manager = manager;
    this.seed = seed;
    this.random = new Random(seed);
  }

  SelectiveScanArguments scan() {
    // The sizes walk through their lists, so that neighbouring seeds cover them all.
    int channels = CHANNELS[seed % CHANNELS.length];
    int states = STATES[seed % STATES.length];
    int length = random.nextBoolean() ? 1 + random.nextInt(40) : LENGTHS[seed % LENGTHS.length];
    int batch = channels * states > 1000 ? 1 + random.nextInt(2) : 1 + random.nextInt(5);
    int groups = divisor(channels);
    boolean softplus = random.nextBoolean();
    int count = 1 + random.nextInt(3);
    boolean packed = random.nextBoolean();
    boolean shared = random.nextBoolean();
    NDArray wide =
        packed ? array(-1, 1, batch, length, 3 * channels + 2 * groups * states + 5) : null;
    List<ScanDirection> directions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      if (i > 0 && shared) {
        directions.add(withPath(directions.get(0), length));
        continue;
      }
      int steps = random.nextInt(3) == 0 ? 1 + random.nextInt(length) : length;
      ScanPath path = path(length, steps);
      boolean separate = random.nextInt(3) == 0;
      int parameterLength = separate && !packed ? steps + random.nextInt(3) : length;
      ScanPath parameterPath = separate ? path(parameterLength, steps) : path;
      int width = groups * states;
      // Without softplus step sizes are used as they are, so they must not be negative.
      float low = softplus ? -3 : 0.01f;
      int rank = random.nextInt(3) == 0 ? 1 + random.nextInt(Math.min(6, channels)) : 0;
      int deltaColumns = rank == 0 ? channels : rank;
      directions.add(
          new ScanDirection(
              path,
              parameterPath,
              packed ? new Columns(wide, 2, 2 + channels) : all(-1, 1, batch, length, channels),
              packed && softplus
                  ? new Columns(wide, 3 + channels, 3 + channels + deltaColumns)
                  : all(low, 1, batch, parameterLength, deltaColumns),
              packed
                  ? new Columns(wide, 3 + 2 * channels, 3 + 2 * channels + width)
                  : all(-1, 1, batch, parameterLength, width),
              packed
                  ? new Columns(wide, 3 + 2 * channels + width, 3 + 2 * channels + 2 * width)
                  : all(-1, 1, batch, parameterLength, width),
              array(-4, 0, channels, states),
              random.nextBoolean() ? array(-1, 1, channels) : null,
              random.nextBoolean() ? array(softplus ? -1 : 0, 1, channels) : null,
              groups,
              rank == 0 ? null : array(softplus ? -1 : 0.01f, 0.5f, channels, rank)));
    }
    Columns gate = null;
    if (random.nextBoolean()) {
      int from = packed ? random.nextInt(4) : 0;
      gate =
          packed ? new Columns(wide, from, from + channels) : all(-4, 4, batch, length, channels);
    }
    Merge merge = random.nextBoolean() ? Merge.SUM : Merge.MEAN;
    return new SelectiveScanArguments(directions, gate, merge, softplus);
  }

  /** The same operands along another path. */
  private ScanDirection withPath(ScanDirection direction, int length) {
    ScanPath path = path(length, direction.path().steps());
    return new ScanDirection(
        path,
        direction.parameterPath(),
        direction.u(),
        direction.delta(),
        direction.b(),
        direction.c(),
        direction.a(),
        direction.d(),
        direction.deltaBias(),
        direction.groups(),
        direction.deltaWeight());
  }

  CausalConv1dArguments convolution() {
    int channels = CHANNELS[seed % CHANNELS.length];
    int taps = 1 + seed % 5;
    int length = random.nextBoolean() ? 1 + random.nextInt(40) : LENGTHS[seed % LENGTHS.length];
    int batch = 1 + random.nextInt(5);
    Columns x = all(-2, 2, batch, length, channels);
    if (random.nextBoolean()) {
      int from = random.nextInt(3);
      x = new Columns(array(-2, 2, batch, length, channels + 4), from, from + channels);
    }
    return new CausalConv1dArguments(
        path(length, length),
        x,
        random.nextBoolean() ? array(-1, 1, channels, taps) : array(-1, 1, channels, 1, taps),
        random.nextBoolean() ? array(-1, 1, channels) : null);
  }

  private int divisor(int channels) {
    int groups;
    do {
      groups = 1 + random.nextInt(4);
    } while (channels % groups != 0);
    return groups;
  }

  /** Raster order, its reverse, or any order. */
  private ScanPath path(int tokens, int steps) {
    int kind = random.nextInt(3);
    if (kind < 2 && steps == tokens) {
      return kind == 0 ? ScanPath.raster(tokens) : ScanPath.raster(tokens).reversed();
    }
    List<Integer> order = new ArrayList<>(ScanPath.raster(tokens).order().length);
    for (int i = 0; i < tokens; i++) {
      order.add(random.nextInt(order.size() + 1), i);
    }
    return ScanPath.of(tokens, order.stream().limit(steps).mapToInt(Integer::intValue).toArray());
  }

  private Columns all(float low, float high, long... shape) {
    return Columns.all(array(low, high, shape));
  }

  /** Uniform numbers. */
  NDArray array(float low, float high, long... shape) {
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return manager.create(values, new Shape(shape));
  }
}
