package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * What a random scan looks like; its numbers follow from the seed.
 *
 * @param sizes how large it is
 * @param options what it has
 * @param seed of its paths and values
 */
record ScanCase(Sizes sizes, Options options, long seed) {

  /** The divisors of the channels, in turn, are the groups. */
  record Sizes(int batch, int channels, int states, int length, int divisor, int directions) {
    int groups() {
      int[] divisors = IntStream.rangeClosed(1, channels).filter(i -> channels % i == 0).toArray();
      return divisors[divisor % divisors.length];
    }
  }

  /** What the operands are. */
  record Options(
      boolean softplus,
      boolean skip,
      boolean bias,
      boolean gate,
      boolean mean,
      boolean subset,
      boolean separateParameters,
      Layout layout) {}

  /** The same with paths that visit every token, shared by all operands of a direction. */
  ScanCase visitingEveryToken() {
    Options whole =
        new Options(
            options.softplus,
            options.skip,
            options.bias,
            options.gate,
            options.mean,
            false,
            false,
            options.layout);
    return new ScanCase(sizes, whole, seed);
  }

  /** How operands lie in memory. */
  enum Layout {
    /** Each in an array of its own. */
    SEPARATE,
    /** All directions read the same arrays, along paths of their own. */
    SHARED,
    /** Columns of one array. */
    PACKED
  }

  /** Many states come seldom, and then with few channels and tokens: they take long. */
  static Arbitrary<ScanCase> any() {
    Arbitrary<Integer> index = Arbitraries.integers().between(0, 7);
    Arbitrary<Integer> directions = Arbitraries.integers().between(1, 4);
    Arbitrary<Sizes> usual =
        Combinators.combine(
                Arbitraries.integers().between(1, 3),
                Arbitraries.integers().between(1, 40),
                Arbitraries.integers().between(1, 17),
                Arbitraries.integers().between(1, 40),
                index,
                directions)
            .as(Sizes::new);
    Arbitrary<Sizes> manyStates =
        Combinators.combine(
                Arbitraries.integers().between(1, 2),
                Arbitraries.integers().between(1, 9),
                Arbitraries.integers().between(18, 256),
                Arbitraries.integers().between(1, 9),
                index,
                directions)
            .as(Sizes::new);
    Arbitrary<Boolean> flag = Arbitraries.of(true, false);
    Arbitrary<Options> options =
        Combinators.combine(
                flag, flag, flag, flag, flag, flag, flag, Arbitraries.of(Layout.values()))
            .as(Options::new);
    return Combinators.combine(
            Arbitraries.frequencyOf(Tuple.of(12, usual), Tuple.of(1, manyStates)),
            options,
            Arbitraries.longs())
        .as(ScanCase::new);
  }

  /** The operands, in a manager. */
  SelectiveScanArguments in(NDManager manager) {
    return new Builder(manager).build();
  }

  private final class Builder {
    final NDManager manager;
    final Random random = new Random(seed);
    final int channels = sizes.channels;
    final int states = sizes.states;
    final int length = sizes.length;
    final int width = sizes.groups() * states;

    /** Of the step sizes' projection, in a third of the cases; 0 for none. */
    final int rank = seed % 3 == 0 ? 1 + (int) Math.floorMod(seed / 3, 6L) : 0;

    final int deltaColumns = rank == 0 ? channels : rank;

    /** Without softplus step sizes are used as they are, so they must not be negative. */
    final float leastDelta = options.softplus ? -3 : 0.01f;

    Builder(NDManager manager) {
      this.manager = manager;
    }

    SelectiveScanArguments build() {
      boolean packed = options.layout == Layout.PACKED;
      int each = each();
      int gateFrom = 2 + channels + sizes.directions * each + 1;
      NDArray wide = packed ? wide(gateFrom + channels, each) : null;
      List<ScanDirection> directions = new ArrayList<>();
      for (int k = 0; k < sizes.directions; k++) {
        if (packed) {
          directions.add(ofColumns(wide, 2 + channels + k * each));
        } else if (k > 0 && options.layout == Layout.SHARED) {
          directions.add(alongAnotherPath(directions.get(0)));
        } else {
          directions.add(separate());
        }
      }
      Columns gate = null;
      if (options.gate) {
        gate =
            packed
                ? new Columns(wide, gateFrom, gateFrom + channels)
                : columns(-4, 4, length, channels);
      }
      return new SelectiveScanArguments(
          directions, gate, options.mean ? Merge.MEAN : Merge.SUM, options.softplus);
    }

    /** How many columns delta, B and C of a direction have. */
    int each() {
      return deltaColumns + 2 * width;
    }

    /** Two columns that nothing reads, u, the directions, one more that nothing reads, the gate. */
    NDArray wide(int columns, int each) {
      float[] values = new float[sizes.batch * length * columns];
      for (int i = 0; i < values.length; i++) {
        int column = i % columns - 2 - channels;
        boolean delta =
            column >= 0 && column < sizes.directions * each && column % each < deltaColumns;
        values[i] = uniform(delta ? leastDelta : -1, 1);
      }
      return manager.create(values, new Shape(sizes.batch, length, columns));
    }

    ScanDirection ofColumns(NDArray wide, int from) {
      int steps = steps();
      ScanPath path = path(length, steps);
      return direction(
          path,
          options.separateParameters ? path(length, steps) : path,
          new Columns(wide, 2, 2 + channels),
          new Columns(wide, from, from + deltaColumns),
          new Columns(wide, from + deltaColumns, from + deltaColumns + width),
          new Columns(wide, from + deltaColumns + width, from + each()));
    }

    ScanDirection separate() {
      int steps = steps();
      ScanPath path = path(length, steps);
      int parameterLength = options.separateParameters ? steps + random.nextInt(3) : length;
      return direction(
          path,
          options.separateParameters ? path(parameterLength, steps) : path,
          columns(-1, 1, length, channels),
          columns(leastDelta, 1, parameterLength, deltaColumns),
          columns(-1, 1, parameterLength, width),
          columns(-1, 1, parameterLength, width));
    }

    ScanDirection direction(
        ScanPath path, ScanPath parameterPath, Columns u, Columns delta, Columns b, Columns c) {
      return new ScanDirection(
          path,
          parameterPath,
          u,
          delta,
          b,
          c,
          array(-4, 0, channels, states),
          options.skip ? array(-1, 1, channels) : null,
          options.bias ? array(options.softplus ? -1 : 0, 1, channels) : null,
          sizes.groups(),
          rank == 0 ? null : array(options.softplus ? -1 : 0.01f, 0.5f, channels, rank));
    }

    ScanDirection alongAnotherPath(ScanDirection direction) {
      int steps = direction.path().steps();
      ScanPath path = path(length, steps);
      return new ScanDirection(
          path,
          options.separateParameters ? direction.parameterPath() : path,
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

    int steps() {
      return options.subset ? 1 + random.nextInt(length) : length;
    }

    ScanPath path(int tokens, int steps) {
      return randomPath(random, tokens, steps);
    }

    Columns columns(float low, float high, int tokens, int count) {
      return Columns.all(array(low, high, sizes.batch, tokens, count));
    }

    NDArray array(float low, float high, long... shape) {
      return uniformArray(manager, random, low, high, shape);
    }

    float uniform(float low, float high) {
      return low + (high - low) * random.nextFloat();
    }
  }

  /** The first steps of a random permutation. */
  static ScanPath randomPath(Random random, int tokens, int steps) {
    int[] order = IntStream.range(0, tokens).toArray();
    for (int i = tokens - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return ScanPath.of(tokens, Arrays.copyOf(order, steps));
  }

  static NDArray uniformArray(
      NDManager manager, Random random, float low, float high, long... shape) {
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return manager.create(values, new Shape(shape));
  }
}
