package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;

/** Sizes of grids to try a strategy on, and what its paths must be. */
final class Grids {
  private static final int[] SIDES = {1, 2, 3, 4, 5, 7, 8, 13, 16, 21};

  private Grids() {}

  /** One cell, single rows and columns, squares, primes, and all that lies between. */
  static void forEach(BiConsumer<Integer, Integer> check) {
    for (int height : SIDES) {
      for (int width : SIDES) {
        check.accept(height, width);
      }
    }
    check.accept(1, 97);
    check.accept(97, 1);
    check.accept(14, 14);
    check.accept(31, 64);
    check.accept(56, 37);
  }

  /** Each path visits every token once. */
  static void assertPermutations(List<ScanPath> paths, int height, int width) {
    assertThat(paths).isNotEmpty();
    for (ScanPath path : paths) {
      assertThat(path.tokens()).isEqualTo(height * width);
      assertThat(path.order())
          .as("%d x %d", height, width)
          .containsExactlyInAnyOrder(IntStream.range(0, height * width).toArray());
    }
  }

  /** The paths together visit every token once. */
  static void assertPartition(List<ScanPath> paths, int height, int width) {
    assertThat(paths).allMatch(path -> path.tokens() == height * width);
    assertThat(paths.stream().flatMapToInt(path -> IntStream.of(path.order())).toArray())
        .as("%d x %d", height, width)
        .containsExactlyInAnyOrder(IntStream.range(0, height * width).toArray());
  }

  /** The tokens of each path, with no word on the grid. */
  static List<int[]> orders(ScanStrategy strategy, int height, int width) {
    return strategy.paths(height, width).stream().map(ScanPath::order).toList();
  }
}
