package dev.visionmamba.tasks.restoration;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Levels;

/**
 * Joins restored tiles that come row by row, each row from the left. What a tile has on the ramp
 * towards its right neighbour is kept until that one comes, likewise, for the whole width, what a
 * row of tiles has on the ramp towards the next row; all else is final and becomes levels at once.
 */
final class TileBlending {
  private final TileAxis rows;
  private final TileAxis columns;
  private final int scale;
  private final int channels;
  private final int pixelStep;
  private final Levels result;
  private final int resultWidth;

  /** (channels, rows taken from a tile, ramp columns). */
  private final float[] right;

  /** (channels, ramp rows, all columns). */
  private final float[] below;

  private final int rightHeight;

  TileBlending(TileAxes grid, int scale, DeepImage picture, Levels result) {
    this.rows = grid.rows();
    this.columns = grid.columns();
    this.scale = scale;
    this.channels = picture.colours();
    this.pixelStep = picture.channels();
    this.result = result;
    this.resultWidth = scale * picture.width();
    this.rightHeight = scale * Math.min(rows.size(), rows.length());
    this.right = new float[floats(rightHeight, scale * columns.ramp())];
    this.below = new float[floats(scale * rows.ramp(), resultWidth)];
  }

  private int floats(int height, int width) {
    return Math.toIntExact((long) channels * height * width);
  }

  void add(int row, int column, Tile tile) {
    int top = scale * rows.from(row);
    int bottom = scale * rows.to(row);
    int settledRows = scale * rows.settled(row);
    int rampRows = scale * rows.rampBefore(row);
    int left = scale * columns.from(column);
    int settledColumns = scale * columns.settled(column);
    float[] line = new float[settledColumns - left];
    for (int c = 0; c < channels; c++) {
      for (int y = top; y < bottom; y++) {
        joinColumns(tile, row, column, c, y, line);
        if (y < top + rampRows) {
          joinRows(c, y - top, rampRows, left, line);
        }
        if (y < settledRows) {
          emit(c, y, left, line);
        } else {
          int at = belowAt(c, y - settledRows, left);
          System.arraycopy(line, 0, below, at, line.length);
        }
      }
    }
  }

  /** One row of a tile, up to the ramp on its right, which is kept for the next tile. */
  private void joinColumns(Tile tile, int row, int column, int c, int y, float[] line) {
    int left = scale * columns.from(column);
    int ramp = scale * columns.rampBefore(column);
    int tileY = y - scale * rows.starts()[row];
    int in = (c * tile.height() + tileY) * tile.width() + left - scale * columns.starts()[column];
    int kept = (c * rightHeight + y - scale * rows.from(row)) * scale * columns.ramp();
    for (int x = 0; x < line.length; x++) {
      float level = tile.levels()[in + x];
      line[x] = x < ramp ? ramped(right[kept + x], level, x, ramp) : level;
    }
    int ahead = scale * (columns.to(column) - columns.settled(column));
    System.arraycopy(tile.levels(), in + line.length, right, kept, ahead);
  }

  private void joinRows(int c, int y, int ramp, int left, float[] line) {
    int at = belowAt(c, y, left);
    for (int x = 0; x < line.length; x++) {
      line[x] = ramped(below[at + x], line[x], y, ramp);
    }
  }

  private int belowAt(int c, int y, int x) {
    return (c * scale * rows.ramp() + y) * resultWidth + x;
  }

  /** From the one level to the other; exactly both where they are the same. */
  private static float ramped(float before, float after, int place, int ramp) {
    return before + (after - before) * ((place + 0.5f) / ramp);
  }

  private void emit(int c, int y, int left, float[] line) {
    int max = result.max();
    int out = (y * resultWidth + left) * pixelStep + c;
    for (float level : line) {
      if (Float.isNaN(level)) {
        throw new IllegalStateException(
            "network: channel %d of the result is not a number in row %d".formatted(c, y));
      }
      float cut = Math.max(0, Math.min(1, level));
      result.set(out, (int) (cut * max + 0.5f));
      out += pixelStep;
    }
  }
}
