package dev.visionmamba.scans;

import java.util.ArrayList;
import java.util.List;

/**
 * How a grid of tokens is walked: the paths of all directions for a grid. Token {@code y * width +
 * x} lies in row {@code y} and column {@code x}. A strategy is a value; any lambda will do.
 */
@FunctionalInterface
public interface ScanStrategy {

  /**
   * The paths of all directions.
   *
   * @param height rows of the grid, at least 1
   * @param width columns of the grid, at least 1
   * @return one path a direction, each over {@code height * width} tokens; at least one
   */
  List<ScanPath> paths(int height, int width);

  /**
   * This strategy with each direction walked from its end to its start.
   *
   * @return a strategy of as many directions, {@linkplain ScanStrategies#cached cached}
   */
  default ScanStrategy reversed() {
    return ScanStrategies.cached(
        (height, width) -> paths(height, width).stream().map(ScanPath::reversed).toList());
  }

  /**
   * The directions of this strategy and after them those of another.
   *
   * @param other the other strategy
   * @return a strategy of all the directions, {@linkplain ScanStrategies#cached cached}
   */
  default ScanStrategy then(ScanStrategy other) {
    return ScanStrategies.cached(
        (height, width) -> {
          List<ScanPath> all = new ArrayList<>(paths(height, width));
          all.addAll(other.paths(height, width));
          return all;
        });
  }
}
