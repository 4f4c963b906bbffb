package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Resampler;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * A garment cut out of its black picture.
 *
 * @param label its class
 * @param width columns
 * @param height rows
 * @param inside which pixels belong to it: (height, width)
 * @param levels how bright they are; at its edges the pixels outside are as bright as those inside,
 *     so that resampling does not darken them
 */
record Garment(int label, int width, int height, boolean[] inside, byte[] levels) {
  /** Brighter pixels belong to the garment. */
  private static final int THRESHOLD = 10;

  /** Smaller spots are dirt. */
  private static final int SMALLEST_SPOT = 6;

  /** With less of it a garment cannot be recognised. */
  private static final int SMALLEST = 40;

  /** What is black inside of these is printed; sandals and bags are seen through. */
  private static final int SANDAL = 5;

  private static final int BAG = 8;

  /** Edges are a little darker than what is inside of them. */
  private static final double EDGE_LIGHT = 0.85;

  /** How far brightness is spread outwards, in pixels. */
  private static final int SPREAD = 3;

  /** The garment of a picture; null if there is too little of it. */
  static Garment cut(LabelledImages images, int index) {
    int width = images.width();
    int height = images.height();
    boolean[] inside = new boolean[width * height];
    byte[] levels = new byte[inside.length];
    images.image(index).get(levels);
    for (int i = 0; i < inside.length; i++) {
      inside[i] = (levels[i] & 0xff) > THRESHOLD;
    }
    int label = images.label(index);
    removeSpots(inside, width);
    if (label != SANDAL && label != BAG) {
      fillHoles(inside, width);
    }
    Garment faded = new Garment(label, width, height, inside, levels);
    return new Garment(label, width, height, inside, faded.withoutFading()).cropped();
  }

  /**
   * The pictures fade into black at their edges; those pixels get their inner neighbours' light.
   */
  private byte[] withoutFading() {
    byte[] bright = levels.clone();
    boolean[] edge = new boolean[inside.length];
    for (int i = 0; i < inside.length; i++) {
      for (int neighbour : neighbours(i, width, inside.length)) {
        edge[i] |= inside[i] && (neighbour < 0 || !inside[neighbour]);
      }
    }
    for (int i = 0; i < inside.length; i++) {
      int sum = 0;
      int count = 0;
      for (int neighbour : neighbours(i, width, inside.length)) {
        if (edge[i] && neighbour >= 0 && inside[neighbour] && !edge[neighbour]) {
          sum += levels[neighbour] & 0xff;
          count++;
        }
      }
      if (count > 0) {
        bright[i] = (byte) Math.max(levels[i] & 0xff, (int) (EDGE_LIGHT * sum / count));
      }
    }
    return bright;
  }

  private Garment cropped() {
    int left = width;
    int top = height;
    int right = 0;
    int bottom = 0;
    int area = 0;
    for (int i = 0; i < inside.length; i++) {
      if (inside[i]) {
        left = Math.min(left, i % width);
        right = Math.max(right, i % width + 1);
        top = Math.min(top, i / width);
        bottom = i / width + 1;
        area++;
      }
    }
    if (area < SMALLEST) {
      return null;
    }
    byte[] spread = spread();
    Garment part =
        new Garment(
            label,
            right - left,
            bottom - top,
            new boolean[(right - left) * (bottom - top)],
            new byte[(right - left) * (bottom - top)]);
    for (int y = top; y < bottom; y++) {
      int from = y * width + left;
      int to = (y - top) * part.width;
      System.arraycopy(inside, from, part.inside, to, part.width);
      System.arraycopy(spread, from, part.levels, to, part.width);
    }
    return part;
  }

  /** The garment with its longer side as long as told. */
  Garment scaled(int side) {
    double scale = (double) side / Math.max(width, height);
    int newWidth = Math.max(1, (int) Math.rint(scale * width));
    int newHeight = Math.max(1, (int) Math.rint(scale * height));
    byte[] cover = new byte[inside.length];
    for (int i = 0; i < cover.length; i++) {
      cover[i] = (byte) (inside[i] ? 255 : 0);
    }
    byte[] covered =
        Resampler.resize(cover, width, height, 1, newWidth, newHeight, Interpolation.BILINEAR);
    boolean[] newInside = new boolean[covered.length];
    for (int i = 0; i < covered.length; i++) {
      newInside[i] = covered[i] < 0; // 128 or more
    }
    byte[] newLevels =
        Resampler.resize(levels, width, height, 1, newWidth, newHeight, Interpolation.BICUBIC);
    return new Garment(label, newWidth, newHeight, newInside, newLevels);
  }

  Garment mirrored() {
    boolean[] newInside = new boolean[inside.length];
    byte[] newLevels = new byte[levels.length];
    for (int i = 0; i < inside.length; i++) {
      int mirrored = i - 2 * (i % width) + width - 1;
      newInside[mirrored] = inside[i];
      newLevels[mirrored] = levels[i];
    }
    return new Garment(label, width, height, newInside, newLevels);
  }

  int area() {
    int area = 0;
    for (boolean pixel : inside) {
      area += pixel ? 1 : 0;
    }
    return area;
  }

  private byte[] spread() {
    byte[] spread = levels.clone();
    boolean[] known = inside.clone();
    for (int step = 0; step < SPREAD; step++) {
      boolean[] before = known.clone();
      for (int i = 0; i < spread.length; i++) {
        if (!before[i]) {
          int sum = 0;
          int count = 0;
          for (int neighbour : neighbours(i, width, spread.length)) {
            if (neighbour >= 0 && before[neighbour]) {
              sum += spread[neighbour] & 0xff;
              count++;
            }
          }
          if (count > 0) {
            spread[i] = (byte) (sum / count);
            known[i] = true;
          }
        }
      }
    }
    return spread;
  }

  private static void removeSpots(boolean[] inside, int width) {
    boolean[] seen = new boolean[inside.length];
    for (int i = 0; i < inside.length; i++) {
      if (inside[i] && !seen[i]) {
        int[] spot = connected(inside, width, seen, i);
        if (spot.length < SMALLEST_SPOT) {
          for (int pixel : spot) {
            inside[pixel] = false;
          }
        }
      }
    }
  }

  private static void fillHoles(boolean[] inside, int width) {
    boolean[] outside = new boolean[inside.length];
    for (int i = 0; i < inside.length; i++) {
      outside[i] = !inside[i];
    }
    boolean[] reached = new boolean[inside.length];
    for (int i = 0; i < inside.length; i++) {
      boolean edge =
          i < width || i >= inside.length - width || i % width == 0 || i % width == width - 1;
      if (edge && outside[i] && !reached[i]) {
        connected(outside, width, reached, i);
      }
    }
    for (int i = 0; i < inside.length; i++) {
      inside[i] = !reached[i];
    }
  }

  /** The pixels of a kind that hang together with one of them; they are marked as seen. */
  private static int[] connected(boolean[] kind, int width, boolean[] seen, int start) {
    int[] found = new int[kind.length];
    int count = 0;
    Deque<Integer> open = new ArrayDeque<>();
    open.add(start);
    seen[start] = true;
    while (!open.isEmpty()) {
      int i = open.remove();
      found[count++] = i;
      for (int neighbour : neighbours(i, width, kind.length)) {
        if (neighbour >= 0 && kind[neighbour] && !seen[neighbour]) {
          seen[neighbour] = true;
          open.add(neighbour);
        }
      }
    }
    return Arrays.copyOf(found, count);
  }

  /** To the left, the right, above and below; -1 where there is none. */
  private static int[] neighbours(int i, int width, int length) {
    return new int[] {
      i % width == 0 ? -1 : i - 1,
      i % width == width - 1 ? -1 : i + 1,
      i < width ? -1 : i - width,
      i + width < length ? i + width : -1
    };
  }
}
