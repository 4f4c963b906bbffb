package dev.visionmamba.heads.ops;

import dev.visionmamba.heads.ops.RoiPooling.Level;
import dev.visionmamba.heads.ops.RoiPooling.Scratch;
import dev.visionmamba.scans.engine.Parallel;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The backward pass of {@link RoiPooling}: what a region has read of a map gets its part of the
 * region's gradient. Regions overlap, so every row of the maps belongs to one thread alone, and the
 * rows are shared so that threads have equal work. Whichever way they are shared, a number's parts
 * are added in the order of the regions: the sums are the same to the bit.
 */
final class RoiGradients {
  /** The rows are cut into so many parts of equal work. */
  private static final int PARTS = 64;

  private final RoiPooling pooling;
  private final List<Level> levels;
  private final FloatBuffer output;
  private final SampleAxis[] ys;
  private final SampleAxis[] xs;

  /** The number of each region's row 0 among the rows of all images of all levels. */
  private final int[] firstRow;

  private final int rows;

  /**
   * The work.
   *
   * @param pooling the regions
   * @param levels the maps' gradients, which are added to
   * @param output the gradient of what was pooled
   */
  RoiGradients(RoiPooling pooling, List<Level> levels, FloatBuffer output) {
    this.pooling = pooling;
    this.levels = levels;
    this.output = output;
    int[] firstOfLevel = new int[levels.size() + 1];
    for (int i = 0; i < levels.size(); i++) {
      int rowsOfLevel = Math.multiplyExact(levels.get(i).images(), levels.get(i).height());
      firstOfLevel[i + 1] = Math.addExact(firstOfLevel[i], rowsOfLevel);
    }
    this.rows = firstOfLevel[levels.size()];
    int count = pooling.size();
    this.firstRow = new int[count];
    this.ys = new SampleAxis[count];
    this.xs = new SampleAxis[count];
    Parallel.run(
        count,
        RoiPooling.LEAST_REGIONS,
        (from, end) -> {
          for (int roi = from; roi < end; roi++) {
            Level level = levels.get(pooling.levelOf(roi));
            firstRow[roi] =
                firstOfLevel[pooling.levelOf(roi)] + pooling.imageOf(roi) * level.height();
            ys[roi] = pooling.axisY(roi, level.height());
            xs[roi] = pooling.axisX(roi, level.width());
          }
        });
  }

  /** Adds all gradients. */
  void add() {
    int[] cuts = cuts();
    Parallel.run(PARTS, 1, (from, end) -> add(cuts[from], cuts[end]));
  }

  /** Where the rows are cut into parts of equal work. */
  private int[] cuts() {
    long[] workBefore = new long[rows + 1];
    for (int roi = 0; roi < firstRow.length; roi++) {
      SampleAxis y = ys[roi];
      int width = Math.max(0, xs[roi].to() - xs[roi].from());
      for (int p = 0; p < y.first.length; p++) {
        for (int k = 0; k < y.count[p]; k++) {
          workBefore[firstRow[roi] + y.first[p] + k + 1] += width;
        }
      }
    }
    for (int row = 0; row < rows; row++) {
      workBefore[row + 1] += workBefore[row];
    }
    int[] cuts = new int[PARTS + 1];
    cuts[PARTS] = rows;
    for (int part = 1, row = 0; part < PARTS; part++) {
      long before = workBefore[rows] / PARTS * part;
      while (row < rows && workBefore[row] < before) {
        row++;
      }
      cuts[part] = row;
    }
    return cuts;
  }

  /** Adds what falls on some of the rows. */
  private void add(int from, int end) {
    Scratch scratch = new Scratch();
    for (int roi = 0; roi < firstRow.length && from < end; roi++) {
      add(roi, from - firstRow[roi], end - firstRow[roi], scratch);
    }
  }

  /** Adds what falls on the rows of the region's map from one to before another. */
  private void add(int roi, int from, int end, Scratch scratch) {
    SampleAxis y = ys[roi];
    SampleAxis x = xs[roi];
    if (x.isEmpty() || y.isEmpty() || y.to() <= from || y.from() >= end) {
      return;
    }
    Level level = levels.get(pooling.levelOf(roi));
    int bins = y.first.length;
    int channels = level.channels();
    int length = (x.to() - x.from()) * channels;
    int binLength = x.first.length * channels;
    scratch.ensure(length, binLength);
    for (int p = 0; p < bins; p++) {
      int first = Math.max(from, y.first[p]);
      int last = Math.min(end, y.first[p] + y.count[p]) - 1;
      if (first > last) {
        continue;
      }
      output.get((roi * bins + p) * binLength, scratch.bins, 0, binLength);
      spread(x, channels, scratch, length);
      for (int row = first; row <= last; row++) {
        int at = level.at(pooling.imageOf(roi), row, x.from());
        float weight = y.weights[p * y.most + row - y.first[p]];
        level.floats().get(at, scratch.row, 0, length);
        RoiPooling.multiplyAdd(scratch.sum, 0, weight, scratch.row, 0, length);
        level.floats().put(at, scratch.row, 0, length);
      }
    }
  }

  /** From a row of bins to the columns that they have read. */
  private static void spread(SampleAxis x, int channels, Scratch scratch, int length) {
    Arrays.fill(scratch.sum, 0, length, 0f);
    for (int q = 0; q < x.first.length; q++) {
      for (int k = 0; k < x.count[q]; k++) {
        int column = x.first[q] - x.from() + k;
        float weight = x.weights[q * x.most + k];
        RoiPooling.multiplyAdd(
            scratch.bins, q * channels, weight, scratch.sum, column * channels, channels);
      }
    }
  }
}
