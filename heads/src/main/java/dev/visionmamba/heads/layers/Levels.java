package dev.visionmamba.heads.layers;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone.LevelShape;
import java.util.List;

/** Checks that the parts of a network read what the parts before give. */
public final class Levels {
  private Levels() {}

  /**
   * Checks levels that parts promise each other when a network is put together.
   *
   * @param part that reads them, as the error names it
   * @param wanted that it reads
   * @param given that it would be given
   * @throws IllegalArgumentException if they differ
   */
  public static void requireFit(String part, List<LevelShape> wanted, List<LevelShape> given) {
    if (!wanted.equals(given)) {
      throw new IllegalArgumentException(
          String.format("%s reads the levels %s but is given %s", part, wanted, given));
    }
  }

  /**
   * Checks maps that a part is given: one for each level, (B, C, H, W), of the level's channels, of
   * the same batch, not empty.
   *
   * @param part that reads them, as the error names it
   * @param levels that it reads
   * @param maps the shapes that it is given
   * @throws IllegalArgumentException if one does not fit, or there are more or less
   */
  public static void requireMaps(String part, List<LevelShape> levels, Shape[] maps) {
    boolean fit = maps.length == levels.size();
    for (int i = 0; i < maps.length && fit; i++) {
      Shape map = maps[i];
      fit =
          map.dimension() == 4
              && map.get(0) == maps[0].get(0)
              && map.get(1) == levels.get(i).channels()
              && map.get(2) > 0
              && map.get(3) > 0;
    }
    if (!fit) {
      throw new IllegalArgumentException(
          String.format(
              "%s's maps must be (batch, channels, height, width) with %s channels, got %s",
              part, levels.stream().map(LevelShape::channels).toList(), List.of(maps)));
    }
  }
}
