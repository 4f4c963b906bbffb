package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScanStrategiesTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 7", "7, 1", "3, 5", "14, 14"})
  void rasterWalksRowByRow(int height, int width) {
    assertThat(ScanStrategies.RASTER.paths(height, width))
        .containsExactly(ScanPath.of(height * width, IntStream.range(0, height * width).toArray()));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 7", "7, 1", "3, 5", "14, 14"})
  void bidirectionalWalksThereAndBack(int height, int width) {
    int last = height * width - 1;
    assertThat(ScanStrategies.BIDIRECTIONAL.paths(height, width))
        .containsExactly(
            ScanPath.of(last + 1, IntStream.rangeClosed(0, last).toArray()),
            ScanPath.of(last + 1, IntStream.rangeClosed(0, last).map(i -> last - i).toArray()));
  }

  @Test
  void everyDirectionVisitsEveryToken() {
    for (String name : ScanStrategies.names()) {
      if (name.equals("atrous")) {
        continue;
      }
      ScanStrategy strategy = ScanStrategies.named(name);
      Grids.forEach(
          (height, width) ->
              Grids.assertPermutations(strategy.paths(height, width), height, width));
    }
    for (int size = 1; size <= 9; size++) {
      ScanStrategy strategy = ScanStrategies.window(size);
      Grids.forEach(
          (height, width) ->
              Grids.assertPermutations(strategy.paths(height, width), height, width));
    }
  }

  @Test
  void atrousDirectionsShareTheTokensOut() {
    for (int step = 1; step <= 9; step++) {
      ScanStrategy strategy = ScanStrategies.atrous(step);
      int greatest = step;
      Grids.forEach(
          (height, width) -> {
            List<ScanPath> paths = strategy.paths(height, width);
            Grids.assertPartition(paths, height, width);
            assertThat(paths).hasSize(Math.min(greatest, height) * Math.min(greatest, width));
          });
    }
  }

  @Test
  void strategiesMadeAnewAreCached() {
    List<ScanStrategy> strategies =
        List.of(
            ScanStrategies.atrous(2),
            ScanStrategies.window(2),
            ScanStrategies.local("h", "w3"),
            ScanStrategies.CROSS.reversed(),
            ScanStrategies.CROSS.then(ScanStrategies.HILBERT));
    for (ScanStrategy strategy : strategies) {
      assertThat(strategy.paths(6, 5)).isSameAs(strategy.paths(6, 5));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 5", "5, 0", "-1, 5", "5, -7", "-2, -2"})
  void gridsWithoutCellsAreRefused(int height, int width) {
    for (String name : ScanStrategies.names()) {
      assertThatThrownBy(() -> ScanStrategies.named(name).paths(height, width))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("height " + height)
          .hasMessageContaining("width " + width);
    }
  }

  @ParameterizedTest
  @CsvSource({"65536, 65536", "46341, 46341", "2147483647, 2"})
  void gridsOfMoreTokensThanAnIntCountsAreRefused(int height, int width) {
    for (String name : ScanStrategies.names()) {
      assertThatThrownBy(() -> ScanStrategies.named(name).paths(height, width))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("height " + height)
          .hasMessageContaining("width " + width)
          .hasMessageContaining(String.valueOf((long) height * width));
    }
  }

  @Test
  void strategiesAreReversedAndPutTogether() {
    ScanPath path = ScanPath.of(6, 4, 0, 3);
    ScanStrategy lambda = (height, width) -> List.of(path);
    ScanStrategy all = lambda.then(lambda.reversed()).then(ScanStrategies.RASTER);
    assertThat(all.paths(2, 3))
        .containsExactly(path, ScanPath.of(6, 3, 0, 4), ScanPath.raster(6))
        .isSameAs(all.paths(2, 3));
    assertThat(all.reversed().paths(2, 3))
        .containsExactly(ScanPath.of(6, 3, 0, 4), path, ScanPath.raster(6).reversed());
  }

  @Test
  void cachedAsksOnceForEachSize() {
    AtomicInteger asked = new AtomicInteger();
    ScanStrategy strategy =
        ScanStrategies.cached(
            (height, width) -> {
              asked.incrementAndGet();
              return List.of(ScanPath.raster(height * width));
            });
    List<ScanPath> plan = strategy.paths(2, 3);
    assertThat(strategy.paths(2, 3)).isSameAs(plan);
    assertThat(asked).hasValue(1);
    assertThat(strategy.paths(3, 2)).isNotSameAs(plan);
    assertThat(asked).hasValue(2);
  }

  @Test
  void cachedStaysRightForMoreSizesThanItRemembers() {
    ScanStrategy strategy =
        ScanStrategies.cached((height, width) -> List.of(ScanPath.raster(height * width)));
    for (int round = 0; round < 2; round++) {
      for (int width = 1; width <= 200; width++) {
        assertThat(strategy.paths(2, width)).containsExactly(ScanPath.raster(2 * width));
      }
    }
  }

  @Test
  void cachedServesThreadsAtOnce() throws Exception {
    ScanStrategy strategy =
        ScanStrategies.cached((height, width) -> List.of(ScanPath.raster(height * width)));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Boolean>> results =
          IntStream.range(0, 400)
              .mapToObj(i -> 1 + i % 90)
              .map(
                  width ->
                      threads.submit(
                          () ->
                              strategy.paths(3, width).equals(List.of(ScanPath.raster(3 * width)))))
              .collect(Collectors.toList());
      for (Future<Boolean> result : results) {
        assertThat(result.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }
}
