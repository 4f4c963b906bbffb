package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.types.Shape;
import java.util.List;

/**
 * The size of a map, whose tokens follow each other row by row.
 *
 * @param height rows, at least 1
 * @param width columns, at least 1
 */
public record MapSize(int height, int width) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if there is no token
   */
  public MapSize {
    if (height < 1 || width < 1) {
      throw new IllegalArgumentException("a map must have tokens, but is " + height + "x" + width);
    }
  }

  /**
   * The size of a channel-last map.
   *
   * @param map (B, H, W, C)
   * @return H and W
   */
  static MapSize of(Shape map) {
    return new MapSize(Math.toIntExact(map.get(1)), Math.toIntExact(map.get(2)));
  }

  /**
   * How many tokens it has.
   *
   * @return height times width
   */
  int tokens() {
    return Math.multiplyExact(height, width);
  }

  /** The tokens of some maps, one after the other. */
  static int tokens(List<MapSize> sizes) {
    return sizes.stream().mapToInt(MapSize::tokens).sum();
  }

  /** The maps of twice, once and half the sides of an even-sided map: those that are injected. */
  static List<MapSize> around(MapSize map) {
    return List.of(
        new MapSize(2 * map.height, 2 * map.width),
        map,
        new MapSize(map.height / 2, map.width / 2));
  }
}
