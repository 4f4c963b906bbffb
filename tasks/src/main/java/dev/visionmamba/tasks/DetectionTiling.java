package dev.visionmamba.tasks;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.List;

/**
 * How a large picture is cut into overlapping square tiles, each of which a detector sees at the
 * network's size, so that small objects are not lost when the picture as a whole is reduced.
 *
 * <p>What tiles find is merged class by class:
 *
 * <ul>
 *   <li>An object that no border of its tile cuts is whole; of those, the usual suppression drops
 *       what was found twice.
 *   <li>A piece, an object that a border cuts, is dropped where a whole object covers it, or where
 *       another tile has all of it inside and has found nothing.
 *   <li>Pieces of two tiles that agree on what the tiles share (an intersection over union of at
 *       least a half there) are one object: its box encloses them, its mask unites theirs, its
 *       score is the surer one's.
 * </ul>
 *
 * <p>So an object that is smaller than the overlap is whole in at least one tile and found once.
 * Objects that are larger than a tile are best found in the picture as a whole, which is looked at
 * too unless told otherwise. A picture of one tile's size or less is only seen as a whole.
 *
 * @param tile the side of a tile in pixels of the picture; best about the network's input size
 * @param overlap pixels that neighbours share at least, 0 to tile - 1; best the largest side of
 *     what is small
 * @param whole whether the picture as a whole is looked at, too
 */
public record DetectionTiling(int tile, int overlap, boolean whole) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the tile is below 1, or the overlap out of range
   */
  public DetectionTiling {
    if (tile < 1 || overlap < 0 || overlap >= tile) {
      throw new IllegalArgumentException(
          "a tile must be at least 1 and its overlap 0 to tile - 1, got %d and %d"
              .formatted(tile, overlap));
    }
  }

  /**
   * Tiles, beside the picture as a whole.
   *
   * @param tile the side of a tile in pixels
   * @param overlap pixels that neighbours share at least
   * @return the tiling
   * @throws IllegalArgumentException if a number is out of range
   */
  public static DetectionTiling of(int tile, int overlap) {
    return new DetectionTiling(tile, overlap, true);
  }

  /**
   * The same tiles alone.
   *
   * @return without a look at the picture as a whole
   */
  public DetectionTiling withoutWhole() {
    return new DetectionTiling(tile, overlap, false);
  }

  /** The tiles of a picture, spread evenly, row after row; one if it is not larger than a tile. */
  List<Rectangle> tiles(int width, int height) {
    List<Rectangle> tiles = new ArrayList<>();
    for (int top : starts(height)) {
      for (int left : starts(width)) {
        tiles.add(new Rectangle(left, top, Math.min(tile, width), Math.min(tile, height)));
      }
    }
    return tiles;
  }

  private int[] starts(int length) {
    if (length <= tile) {
      return new int[] {0};
    }
    int step = tile - overlap;
    int steps = (length - tile + step - 1) / step;
    int[] starts = new int[steps + 1];
    for (int i = 0; i <= steps; i++) {
      starts[i] = (int) ((long) i * (length - tile) / steps);
    }
    return starts;
  }
}
