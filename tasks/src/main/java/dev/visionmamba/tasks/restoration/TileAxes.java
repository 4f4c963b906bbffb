package dev.visionmamba.tasks.restoration;

/** The tiles of a picture: every place of one axis with every place of the other. */
record TileAxes(TileAxis rows, TileAxis columns) {
  int count() {
    return rows.count() * columns.count();
  }
}
