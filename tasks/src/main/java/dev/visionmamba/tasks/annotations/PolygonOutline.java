package dev.visionmamba.tasks.annotations;

import java.util.Arrays;

/**
 * Rasterises a polygon as COCO's tools do. The outline is drawn on a grid five times as fine: its
 * corners are rounded to that grid, and a step is made along the longer axis of each edge. Where it
 * passes from one fine column to the next through the middle of a coarse column, a run of that
 * column begins or ends, at the coarse row whose middle is not above the outline. A pixel is inside
 * after an odd number of such passes above it.
 */
final class PolygonOutline {
  /** The longest outline, in pixels; more than that is taken for damage. */
  static final int LONGEST = 1 << 22;

  private static final double SCALE = 5;

  private final int[] x;
  private final int[] y;

  /**
   * The outline of a polygon.
   *
   * @param polygon the corners as x, y, x, y, ...
   * @throws IllegalArgumentException as {@link RunLengthMask#ofPolygons} does
   */
  PolygonOutline(double[] polygon) {
    check(polygon);
    int corners = polygon.length / 2;
    x = new int[corners + 1];
    y = new int[corners + 1];
    for (int i = 0; i <= corners; i++) {
      x[i] = (int) (SCALE * polygon[2 * (i % corners)] + 0.5);
      y[i] = (int) (SCALE * polygon[2 * (i % corners) + 1] + 0.5);
    }
  }

  /** Refuses what cannot be rasterised. */
  static void check(double[] polygon) {
    if (polygon.length < 6 || polygon.length % 2 != 0) {
      throw new IllegalArgumentException(
          "a polygon has an even count of at least 6 numbers, x and y of each corner, not "
              + polygon.length);
    }
    double length = 0;
    for (int i = 0; i < polygon.length; i++) {
      // Not "> LONGEST": a NaN must not pass.
      if (!(Math.abs(polygon[i]) <= LONGEST)) {
        throw new IllegalArgumentException(
            "a polygon's corner is at %s, but corners are finite and within %d pixels"
                .formatted(polygon[i], LONGEST));
      }
      length += Math.abs(polygon[i] - polygon[(i + 2) % polygon.length]);
    }
    if (length > LONGEST) {
      throw new IllegalArgumentException(
          "a polygon's outline is %.0f pixels long, over %d".formatted(length, LONGEST));
    }
  }

  /** The runs of its mask, in COCO's order. */
  int[] counts(int width, int height) {
    Passes passes = new Passes(width, height);
    for (int i = 0; i + 1 < x.length; i++) {
      boolean flat = Math.abs(x[i + 1] - x[i]) >= Math.abs(y[i + 1] - y[i]);
      int[] along = flat ? x : y;
      int[] across = flat ? y : x;
      int steps = Math.abs(along[i + 1] - along[i]);
      // Edges are rounded alike in both directions: they are measured from their lesser end.
      boolean back = along[i] > along[i + 1];
      int from = back ? i + 1 : i;
      double slope = steps == 0 ? 0 : (double) (across[2 * i + 1 - from] - across[from]) / steps;
      for (int step = 0; step <= steps; step++) {
        int t = back ? steps - step : step;
        int a = along[from] + t;
        int b = (int) (across[from] + slope * t + 0.5);
        passes.lead(flat ? a : b, flat ? b : a);
      }
    }
    return passes.counts();
  }

  /** Where the outline passes through the middles of columns. */
  private static final class Passes {
    private final int width;
    private final int height;
    private int[] positions = new int[64];
    private int count;
    private boolean started;
    private int lastX;
    private int lastY;

    Passes(int width, int height) {
      this.width = width;
      this.height = height;
    }

    /** Goes on to the next point of the fine grid. */
    void lead(int x, int y) {
      if (started && x != lastX) {
        double column = ((x < lastX ? x : x - 1) + 0.5) / SCALE - 0.5;
        if (column >= 0 && column <= width - 1 && column == Math.floor(column)) {
          double row = Math.ceil(clamp((Math.min(y, lastY) + 0.5) / SCALE - 0.5));
          add((int) column * height + (int) row);
        }
      }
      started = true;
      lastX = x;
      lastY = y;
    }

    private double clamp(double row) {
      return Math.max(0, Math.min(height, row));
    }

    private void add(int position) {
      if (count == positions.length) {
        positions = Arrays.copyOf(positions, 2 * count);
      }
      positions[count++] = position;
    }

    int[] counts() {
      Arrays.sort(positions, 0, count);
      int[] counts = new int[count + 1];
      int at = 0;
      for (int i = 0; i < count; i++) {
        counts[i] = positions[i] - at;
        at = positions[i];
      }
      counts[count] = width * height - at;
      return counts;
    }
  }
}
