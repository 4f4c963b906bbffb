package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

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
