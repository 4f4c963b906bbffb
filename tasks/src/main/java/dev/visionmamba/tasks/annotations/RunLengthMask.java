package dev.visionmamba.tasks.annotations;

import dev.visionmamba.tasks.image.ImageDecoder;
import java.util.Arrays;
import java.util.List;

/**
 * Which pixels of a picture belong to something, as COCO's run-length encoding (RLE) keeps it: the
 * pixels are walked column by column from the left, each from the top, and the lengths of the runs
 * outside and inside alternate, the first being outside. So a mask takes memory for its outline and
 * not for its area. Immutable.
 */
public final class RunLengthMask {
  /** The most pixels of a picture, as for decoding: 178,956,970. */
  public static final long MAX_PIXELS = ImageDecoder.MAX_PIXELS;

  private final int width;
  private final int height;

  /** Positive but for the first, which may be 0; they add up to all pixels. */
  private final int[] runs;

  private RunLengthMask(int width, int height, int[] runs) {
    this.width = width;
    this.height = height;
    this.runs = runs;
  }

  /** Takes a part of one column. */
  @FunctionalInterface
  public interface SegmentVisitor {
    /**
     * Pixels of a column that belong to the mask.
     *
     * @param x the column
     * @param top the first row
     * @param bottom the row after the last
     */
    void visit(int x, int top, int bottom);
  }

  /**
   * The mask of marked pixels.
   *
   * @param width the picture's columns
   * @param height the picture's rows
   * @param inside which pixels belong to it, row after row: (height, width); not kept
   * @return the mask
   * @throws IllegalArgumentException if the size is not that of a picture, or the array has another
   */
  public static RunLengthMask of(int width, int height, boolean[] inside) {
    requireSize(width, height);
    if (inside.length != (long) width * height) {
      throw new IllegalArgumentException(
          "a mask of %dx%d pixels takes %d, got %d"
              .formatted(width, height, (long) width * height, inside.length));
    }
    RunBuilder runs = new RunBuilder();
    for (int x = 0; x < width; x++) {
      for (int i = x; i < inside.length; i += width) {
        runs.add(inside[i], 1);
      }
    }
    return new RunLengthMask(width, height, runs.toArray());
  }

  /**
   * The mask of COCO's uncompressed counts.
   *
   * @param width the picture's columns
   * @param height the picture's rows
   * @param counts the runs' lengths, outside and inside by turns, outside first; lengths of 0 are
   *     allowed; not kept
   * @return the mask
   * @throws IllegalArgumentException if the size is not that of a picture, a count is below 0, or
   *     they do not add up to the picture's pixels
   */
  public static RunLengthMask ofCounts(int width, int height, int... counts) {
    requireSize(width, height);
    RunBuilder runs = new RunBuilder();
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] < 0) {
        throw new IllegalArgumentException(
            "the run %d of a mask is %d long".formatted(i, counts[i]));
      }
      total += counts[i];
      runs.add(i % 2 == 1, counts[i]);
    }
    requireTotal(total, width, height);
    return new RunLengthMask(width, height, runs.toArray());
  }

  /**
   * The mask of COCO's compressed counts: each is written in groups of five bits, the lowest first,
   * as the character 48 + group, 32 more where a group follows; the last group's highest bit is the
   * sign. From the fourth on, a count's difference to the one before the last is written.
   *
   * @param width the picture's columns
   * @param height the picture's rows
   * @param counts the characters
   * @return the mask
   * @throws IllegalArgumentException if the size is not that of a picture, the characters are none
   *     that make counts, or the counts do not add up to the picture's pixels
   */
  public static RunLengthMask ofCompressed(int width, int height, String counts) {
    requireSize(width, height);
    return ofCounts(width, height, CompressedCounts.parse(counts, (long) width * height));
  }

  /**
   * The mask of polygons, rasterised as COCO's tools do it: a pixel belongs to it if it is inside
   * one of them, each by the even-odd rule on an outline that is rounded to fifths of a pixel.
   *
   * @param width the picture's columns
   * @param height the picture's rows
   * @param polygons the corners of each as x, y, x, y, ...; closed from the last to the first; they
   *     may reach out of the picture
   * @return the mask
   * @throws IllegalArgumentException if the size is not that of a picture, there is no polygon, one
   *     has less than three corners or an odd count of numbers, a number is not finite, or an
   *     outline is longer than {@link PolygonOutline#LONGEST} pixels
   */
  public static RunLengthMask ofPolygons(int width, int height, List<double[]> polygons) {
    requireSize(width, height);
    if (polygons.isEmpty()) {
      throw new IllegalArgumentException("a mask of polygons takes at least one");
    }
    return union(
        polygons.stream()
            .map(
                polygon ->
                    ofCounts(width, height, new PolygonOutline(polygon).counts(width, height)))
            .toList());
  }

  /**
   * What belongs to any of some masks.
   *
   * @param masks at least one, all of one size
   * @return their union
   * @throws IllegalArgumentException if there is none or their sizes differ
   */
  public static RunLengthMask union(List<RunLengthMask> masks) {
    return masks.stream()
        .reduce((a, b) -> a.combined(b, false))
        .orElseThrow(() -> new IllegalArgumentException("a union takes at least one mask"));
  }

  /**
   * What belongs to both masks.
   *
   * @param other a mask of the same size
   * @return their intersection
   * @throws IllegalArgumentException if the sizes differ
   */
  public RunLengthMask intersection(RunLengthMask other) {
    return combined(other, true);
  }

  private RunLengthMask combined(RunLengthMask other, boolean both) {
    RunBuilder combined = new RunBuilder();
    walk(
        other,
        (mine, theirs, length) -> combined.add(both ? mine && theirs : mine || theirs, length));
    return new RunLengthMask(width, height, combined.toArray());
  }

  /** Takes pixels that are alike in both masks. */
  @FunctionalInterface
  private interface PairVisitor {
    void visit(boolean mine, boolean theirs, int length);
  }

  /** Walks two masks side by side. */
  private void walk(RunLengthMask other, PairVisitor visitor) {
    requireSameSize(other);
    int a = 0;
    int b = 0;
    int leftOfMine = runs[0];
    int leftOfTheirs = other.runs[0];
    while (a < runs.length && b < other.runs.length) {
      int length = Math.min(leftOfMine, leftOfTheirs);
      visitor.visit(a % 2 == 1, b % 2 == 1, length);
      leftOfMine -= length;
      leftOfTheirs -= length;
      if (leftOfMine == 0 && ++a < runs.length) {
        leftOfMine = runs[a];
      }
      if (leftOfTheirs == 0 && ++b < other.runs.length) {
        leftOfTheirs = other.runs[b];
      }
    }
  }

  /**
   * How well it meets a true mask, as COCO measures it.
   *
   * @param truth the true mask, of the same size
   * @param crowd whether that is a crowd: then the share of this mask that lies in it
   * @return the intersection over the union, or over this mask's area for a crowd; 0 if they do not
   *     overlap
   * @throws IllegalArgumentException if the sizes differ
   */
  public double overlap(RunLengthMask truth, boolean crowd) {
    int[] common = new int[1];
    walk(truth, (mine, theirs, length) -> common[0] += mine && theirs ? length : 0);
    if (common[0] == 0) {
      return 0;
    }
    return (double) common[0] / (crowd ? area() : area() + truth.area() - common[0]);
  }

  /**
   * This mask in the picture that its own picture is a part of.
   *
   * @param pictureWidth the whole picture's columns
   * @param pictureHeight the whole picture's rows
   * @param left the column of the whole where the part begins
   * @param top the row of the whole where the part begins
   * @return a mask of the whole picture's size
   * @throws IllegalArgumentException if the part is not inside the whole
   */
  public RunLengthMask placed(int pictureWidth, int pictureHeight, int left, int top) {
    requireSize(pictureWidth, pictureHeight);
    if (left < 0 || top < 0 || width > pictureWidth - left || height > pictureHeight - top) {
      throw new IllegalArgumentException(
          "a mask of %dx%d pixels from column %d and row %d on is not inside %dx%d"
              .formatted(width, height, left, top, pictureWidth, pictureHeight));
    }
    RunBuilder placed = new RunBuilder();
    int[] done = new int[1];
    segments(
        (x, from, to) -> {
          int first = (left + x) * pictureHeight + top + from;
          placed.add(false, first - done[0]);
          placed.add(true, to - from);
          done[0] = first + to - from;
        });
    placed.add(false, pictureWidth * pictureHeight - done[0]);
    return new RunLengthMask(pictureWidth, pictureHeight, placed.toArray());
  }

  /**
   * The picture's columns.
   *
   * @return at least 1
   */
  public int width() {
    return width;
  }

  /**
   * The picture's rows.
   *
   * @return at least 1
   */
  public int height() {
    return height;
  }

  /**
   * How many pixels belong to it.
   *
   * @return at least 0
   */
  public int area() {
    int area = 0;
    for (int i = 1; i < runs.length; i += 2) {
      area += runs[i];
    }
    return area;
  }

  /**
   * The smallest box around it.
   *
   * @return whole pixels; (0, 0, 0, 0) if no pixel belongs to it
   */
  public Box box() {
    int[] corners = {width, height, 0, 0};
    segments(
        (x, top, bottom) -> {
          corners[0] = Math.min(corners[0], x);
          corners[1] = Math.min(corners[1], top);
          corners[2] = Math.max(corners[2], x + 1);
          corners[3] = Math.max(corners[3], bottom);
        });
    return corners[2] == 0
        ? new Box(0, 0, 0, 0)
        : Box.ofCorners(corners[0], corners[1], corners[2], corners[3]);
  }

  /**
   * Visits all of its pixels, column by column from the left, each from the top.
   *
   * @param visitor takes at least one pixel at a time
   */
  public void segments(SegmentVisitor visitor) {
    int at = 0;
    for (int i = 0; i < runs.length; i++) {
      int end = at + runs[i];
      while (i % 2 == 1 && at < end) {
        int top = at % height;
        int bottom = Math.min(height, top + end - at);
        visitor.visit(at / height, top, bottom);
        at += bottom - top;
      }
      at = end;
    }
  }

  /**
   * All pixels.
   *
   * @return which belong to it, row after row: (height, width); a new array
   */
  public boolean[] pixels() {
    boolean[] inside = new boolean[width * height];
    segments(
        (x, top, bottom) -> {
          for (int y = top; y < bottom; y++) {
            inside[y * width + x] = true;
          }
        });
    return inside;
  }

  /**
   * COCO's uncompressed counts.
   *
   * @return the runs' lengths, outside and inside by turns, outside first; a new array
   */
  public int[] counts() {
    return runs.clone();
  }

  /**
   * COCO's compressed counts.
   *
   * @return characters from '0' to 'o'; {@link #ofCompressed} reads them
   */
  public String compressed() {
    return CompressedCounts.format(runs);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RunLengthMask mask
        && width == mask.width
        && height == mask.height
        && Arrays.equals(runs, mask.runs);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(runs);
  }

  @Override
  public String toString() {
    return "RunLengthMask[" + width + "x" + height + ", " + area() + " pixels]";
  }

  private void requireSameSize(RunLengthMask other) {
    if (width != other.width || height != other.height) {
      throw new IllegalArgumentException(
          "masks of %dx%d and %dx%d pixels belong to different pictures"
              .formatted(width, height, other.width, other.height));
    }
  }

  private static void requireSize(int width, int height) {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new IllegalArgumentException(
          "a mask has 1 to %d pixels, not %dx%d".formatted(MAX_PIXELS, width, height));
    }
  }

  private static void requireTotal(long total, int width, int height) {
    if (total != (long) width * height) {
      throw new IllegalArgumentException(
          "the runs of a mask add up to %d pixels, but %dx%d are %d"
              .formatted(total, width, height, (long) width * height));
    }
  }
}
