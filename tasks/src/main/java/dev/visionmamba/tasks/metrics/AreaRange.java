package dev.visionmamba.tasks.metrics;

/** COCO's sizes of things, in square pixels; both ends belong to a range. */
enum AreaRange {
  ALL(0, 1e10),
  SMALL(0, 32 * 32),
  MEDIUM(32 * 32, 96 * 96),
  LARGE(96 * 96, 1e10);

  private final double least;
  private final double greatest;

  AreaRange(double least, double greatest) {
    this.least = least;
    this.greatest = greatest;
  }

  boolean contains(double area) {
    return area >= least && area <= greatest;
  }
}
