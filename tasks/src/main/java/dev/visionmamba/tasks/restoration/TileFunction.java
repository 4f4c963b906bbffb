package dev.visionmamba.tasks.restoration;

/** What restores one tile: a network, or anything else. */
@FunctionalInterface
public interface TileFunction {
  /**
   * Restores a tile.
   *
   * @param tile (channels, height, width), levels 0 to 1; not to be changed
   * @return (channels, scale * height, scale * width), in an array of its own
   */
  Tile restore(Tile tile);
}
