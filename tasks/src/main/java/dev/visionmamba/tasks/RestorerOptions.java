package dev.visionmamba.tasks;

/**
 * How a picture is restored.
 *
 * @param longestTile the most rows and the most columns of a tile, in pixels of the picture that is
 *     given; tiles are smaller where the memory or the network's own multiple asks for it
 * @param overlap pixels that neighbouring tiles share at least; in the middle half one passes into
 *     the other
 * @param memoryBytes the most memory that this process may hold while it restores; 0 for no limit.
 *     Where the system does not tell what the process holds (other than Linux), the most for a tile
 * @param ensemble whether the mean over eight turns and mirrorings is taken, which is a little
 *     better and takes eight times as long
 */
public record RestorerOptions(int longestTile, int overlap, long memoryBytes, boolean ensemble) {

  /** Tiles of up to 512x512 pixels that share 32, without a limit of memory or an ensemble. */
  public static final RestorerOptions DEFAULT = new RestorerOptions(512, 32, 0, false);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of its range: a tile is at least 1 pixel and two
   *     overlaps long, the others at least 0
   */
  public RestorerOptions {
    if (overlap < 0 || memoryBytes < 0) {
      throw new IllegalArgumentException(
          "overlap and memoryBytes must be at least 0, got %d and %d"
              .formatted(overlap, memoryBytes));
    }
    if (longestTile < 1 || longestTile < 2L * overlap) {
      throw new IllegalArgumentException(
          "longestTile must be at least two overlaps of %d, got %d"
              .formatted(overlap, longestTile));
    }
  }

  /**
   * The same with other tiles.
   *
   * @param newLongestTile the most rows and columns of a tile
   * @param newOverlap pixels that neighbours share at least
   * @return the options
   * @throws IllegalArgumentException as the constructor does
   */
  public RestorerOptions withTiles(int newLongestTile, int newOverlap) {
    return new RestorerOptions(newLongestTile, newOverlap, memoryBytes, ensemble);
  }

  /**
   * The same with a memory budget.
   *
   * @param bytes the most memory; 0 for no limit
   * @return the options
   * @throws IllegalArgumentException if it is below 0
   */
  public RestorerOptions withMemory(long bytes) {
    return new RestorerOptions(longestTile, overlap, bytes, ensemble);
  }

  /**
   * The same with an ensemble or without.
   *
   * @param wanted whether there is one
   * @return the options
   */
  public RestorerOptions withEnsemble(boolean wanted) {
    return new RestorerOptions(longestTile, overlap, memoryBytes, wanted);
  }
}
