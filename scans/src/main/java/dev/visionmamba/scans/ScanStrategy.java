package dev.visionmamba.scans;

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
}
