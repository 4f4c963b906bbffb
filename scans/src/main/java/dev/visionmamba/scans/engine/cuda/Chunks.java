package dev.visionmamba.scans.engine.cuda;

/**
 * How a direction's steps are cut: into tiles, which a thread has in its registers, and the tiles
 * into chunks, one a thread. One chunk where sequences and channels alone keep the device busy:
 * with more, a pass goes first that finds what the chunks start with.
 *
 * @param allTiles of the direction, at least 1
 * @param tiles of a chunk, but perhaps the last
 * @param count of the chunks
 */
record Chunks(int allTiles, int tiles, int count) {
  /** Steps of a tile; the kernels' STEPS. */
  static final int STEPS = 16;

  /**
   * Cuts a direction.
   *
   * @param rows sequences times channels, at least 1
   * @param threads that keep the device busy
   */
  static Chunks of(int steps, long rows, long threads) {
    int allTiles = (int) Grid.ceil(steps, STEPS);
    long wanted = 2 * rows >= threads ? 1 : Grid.ceil(threads, rows);
    long most = Math.min(Math.min(wanted, allTiles), Grid.MOST);
    int tiles = (int) Grid.ceil(allTiles, most);
    return new Chunks(allTiles, tiles, (int) Grid.ceil(allTiles, tiles));
  }
}
