package dev.visionmamba.tasks.restoration;

/**
 * How large tiles may be and how far they overlap, all in pixels of the picture before it is
 * restored. A tile is at most {@code longestSide} pixels high and wide and needs at most {@code
 * budgetBytes} at {@code bytesPerPixel}; both limits hold.
 *
 * <p>The outer quarters of an overlap are seen by the network and not used, since a network knows
 * too little at a cut; in the middle half one tile's result passes into the other's by a linear
 * ramp. So a network that looks no farther than a quarter of the overlap gives the same picture
 * with tiles as without.
 *
 * @param longestSide the most rows and the most columns of a tile; tiles are smaller where {@code
 *     multiple} asks for it
 * @param budgetBytes the most memory that the network may take for one tile, in bytes
 * @param bytesPerPixel what the network takes at its peak for each pixel of a tile, at least 1;
 *     measured by the caller, weights and the picture itself apart
 * @param overlap pixels that neighbouring tiles share at least, 0 or more
 * @param multiple the sides of every tile are multiples of this, as windows, patches and
 *     downsampling demand; at least 1
 */
public record Tiling(
    int longestSide, long budgetBytes, long bytesPerPixel, int overlap, int multiple) {

  /** Half of the largest int, so that sums of sides stay in range. */
  private static final int LARGEST = 1 << 30;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of its range, or the longest side is too short:
   *     a tile must be a {@code multiple} and at least two overlaps wide
   */
  public Tiling {
    if (budgetBytes < 1 || bytesPerPixel < 1) {
      throw new IllegalArgumentException(
          "budgetBytes and bytesPerPixel must be at least 1, got %d and %d"
              .formatted(budgetBytes, bytesPerPixel));
    }
    if (overlap < 0 || overlap > LARGEST / 4 || multiple < 1 || multiple > LARGEST / 4) {
      throw new IllegalArgumentException(
          "overlap must be at least 0 and multiple at least 1, both at most %d, got %d and %d"
              .formatted(LARGEST / 4, overlap, multiple));
    }
    if (longestSide < smallestSide(overlap, multiple)) {
      throw new IllegalArgumentException(
          "longestSide must be at least %d for an overlap of %d and sides that are multiples of"
                  .formatted(smallestSide(overlap, multiple), overlap)
              + " %d, got %d".formatted(multiple, longestSide));
    }
  }

  /**
   * Tiles limited by their sides alone.
   *
   * @param longestSide the most rows and the most columns of a tile
   * @param overlap pixels that neighbours share at least
   * @param multiple the sides are multiples of this
   * @return the tiling
   * @throws IllegalArgumentException as the constructor does
   */
  public static Tiling ofSide(int longestSide, int overlap, int multiple) {
    return new Tiling(longestSide, Long.MAX_VALUE, 1, overlap, multiple);
  }

  /**
   * Tiles as large as a memory budget allows.
   *
   * @param budgetBytes the most memory for one tile
   * @param bytesPerPixel what the network takes for each pixel of a tile
   * @param overlap pixels that neighbours share at least
   * @param multiple the sides are multiples of this
   * @return the tiling
   * @throws IllegalArgumentException as the constructor does
   */
  public static Tiling ofBudget(long budgetBytes, long bytesPerPixel, int overlap, int multiple) {
    return new Tiling(LARGEST, budgetBytes, bytesPerPixel, overlap, multiple);
  }

  /**
   * The tiles of a picture.
   *
   * @throws MemoryBudgetException if not even the smallest tile fits
   */
  TileAxes grid(int height, int width) {
    long pixels = budgetBytes / bytesPerPixel;
    int side = down(Math.min(longestSide, (long) Math.floor(Math.sqrt((double) pixels))));
    long wholeHeight = up(height);
    long wholeWidth = up(width);
    long tileHeight = Math.min(wholeHeight, side);
    long tileWidth = Math.min(wholeWidth, side);
    // Where the picture is narrower than a square tile, the tile is longer for it.
    if (tileHeight == wholeHeight) {
      tileWidth = Math.min(wholeWidth, down(Math.min(longestSide, pixels / tileHeight)));
    } else if (tileWidth == wholeWidth) {
      tileHeight = Math.min(wholeHeight, down(Math.min(longestSide, pixels / tileWidth)));
    }
    long smallestHeight = Math.min(wholeHeight, smallestSide(overlap, multiple));
    long smallestWidth = Math.min(wholeWidth, smallestSide(overlap, multiple));
    if (tileHeight < smallestHeight || tileWidth < smallestWidth) {
      long smallest = smallestHeight * smallestWidth;
      boolean countable = smallest <= Long.MAX_VALUE / bytesPerPixel;
      long needed = countable ? smallest * bytesPerPixel : Long.MAX_VALUE;
      throw new MemoryBudgetException(
          "budgetBytes: the smallest tile of a %dx%d picture, %dx%d pixels at %d bytes each, needs"
                  .formatted(width, height, smallestWidth, smallestHeight, bytesPerPixel)
              + " %d bytes, got %d; allow more memory or a smaller overlap"
                  .formatted(needed, budgetBytes),
          needed);
    }
    return new TileAxes(
        TileAxis.of(height, (int) tileHeight, overlap, multiple),
        TileAxis.of(width, (int) tileWidth, overlap, multiple));
  }

  /** A tile that has neighbours must be wider than what it shares with them. */
  private static int smallestSide(int overlap, int multiple) {
    return (int) up(Math.max(1, 2L * overlap), multiple);
  }

  private long up(long size) {
    return up(size, multiple);
  }

  private static long up(long size, int multiple) {
    return (size + multiple - 1) / multiple * multiple;
  }

  private int down(long size) {
    return (int) (size - size % multiple);
  }
}
