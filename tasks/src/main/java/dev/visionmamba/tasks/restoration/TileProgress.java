package dev.visionmamba.tasks.restoration;

/** Is told after each tile; what it throws ends the work and reaches the caller. */
@FunctionalInterface
public interface TileProgress {
  /**
   * A tile is done.
   *
   * @param done tiles that are done, 1 to all
   * @param all tiles of the picture
   */
  void tileDone(int done, int all);
}
