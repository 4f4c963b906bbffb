package dev.visionmamba.tasks.restoration;

/**
 * How tiles lie along one axis of a picture: all are of one size and spread evenly. Between
 * neighbours there is a ramp in the middle of their overlap, and ramps never meet.
 *
 * @param length pixels of the picture
 * @param size pixels of a tile; more than the length only where there is one tile
 * @param starts where each tile starts
 * @param ramps where the ramp between a tile and the next starts; one fewer than tiles
 * @param ramp pixels of a ramp
 */
record TileAxis(int length, int size, int[] starts, int[] ramps, int ramp) {

  /**
   * Lays tiles.
   *
   * @param length pixels of the picture
   * @param largest the most pixels of a tile: a multiple, over the overlap unless one tile is
   *     enough
   * @param overlap pixels that neighbours share at least
   * @param multiple of this a tile's size is a multiple
   */
  static TileAxis of(int length, int largest, int overlap, int multiple) {
    if (length <= largest) {
      int whole = (length + multiple - 1) / multiple * multiple;
      return new TileAxis(length, whole, new int[] {0}, new int[0], 0);
    }
    int count = (length - overlap + largest - overlap - 1) / (largest - overlap);
    // As many tiles of a smaller size may do as well.
    long shared = length + (count - 1L) * overlap;
    int even = (int) ((shared + count - 1) / count);
    int size = (even + multiple - 1) / multiple * multiple;
    int[] starts = new int[count];
    for (int i = 0; i < count; i++) {
      starts[i] = (int) ((long) i * (length - size) / (count - 1));
    }
    // Twice the middle of each overlap.
    int[] middles = new int[count - 1];
    int ramp = overlap / 2;
    for (int i = 0; i < count - 1; i++) {
      middles[i] = starts[i] + size + starts[i + 1];
      if (i > 0) {
        ramp = Math.min(ramp, (middles[i] - middles[i - 1] - 1) / 2);
      }
    }
    int[] ramps = new int[count - 1];
    for (int i = 0; i < count - 1; i++) {
      ramps[i] = (middles[i] - ramp) / 2;
    }
    return new TileAxis(length, size, starts, ramps, ramp);
  }

  int count() {
    return starts.length;
  }

  /** The first pixel that is taken from a tile, the ramp before it included. */
  int from(int tile) {
    return tile == 0 ? 0 : ramps[tile - 1];
  }

  /** The pixel after the last that is taken from a tile, the ramp behind it included. */
  int to(int tile) {
    return tile == ramps.length ? length : ramps[tile] + ramp;
  }

  /** Where the ramp behind a tile starts; the end of the picture where there is none. */
  int settled(int tile) {
    return tile == ramps.length ? length : ramps[tile];
  }

  /** Pixels of the ramp before a tile. */
  int rampBefore(int tile) {
    return tile == 0 ? 0 : ramp;
  }

  /**
   * The picture's pixels under a tile's; beyond the picture's end it is mirrored, without its last
   * pixel twice, again and again where it is smaller than what is missing.
   */
  int[] pixels(int tile) {
    int[] pixels = new int[size];
    for (int i = 0; i < size; i++) {
      pixels[i] = reflected(starts[tile] + i);
    }
    return pixels;
  }

  private int reflected(int place) {
    if (length == 1) {
      return 0;
    }
    int period = 2 * (length - 1);
    int inPeriod = place % period;
    return Math.min(inPeriod, period - inPeriod);
  }
}
