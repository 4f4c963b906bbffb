package dev.visionmamba.tasks.annotations;

import java.util.List;
import java.util.Objects;

/** The pixels of a thing in a COCO file, in one of its two forms. */
public sealed interface CocoSegmentation {

  /**
   * The pixels.
   *
   * @param width the picture's columns
   * @param height the picture's rows
   * @return a mask of that size
   * @throws IllegalArgumentException if there is none
   */
  RunLengthMask mask(int width, int height);

  /**
   * Outlines; a thing that is partly hidden may have several.
   *
   * @param polygons the corners of each as x, y, x, y, ...; treat them as read-only
   */
  record Polygons(List<double[]> polygons) implements CocoSegmentation {

    /**
     * Checks the corners.
     *
     * @throws IllegalArgumentException as {@link RunLengthMask#ofPolygons} does
     */
    public Polygons {
      polygons = List.copyOf(polygons);
      if (polygons.isEmpty()) {
        throw new IllegalArgumentException("a mask of polygons takes at least one");
      }
      polygons.forEach(PolygonOutline::check);
    }

    @Override
    public RunLengthMask mask(int width, int height) {
      return RunLengthMask.ofPolygons(width, height, polygons);
    }
  }

  /**
   * A mask in run-length encoding, as crowds and results have it.
   *
   * @param mask the mask
   */
  record Runs(RunLengthMask mask) implements CocoSegmentation {

    /** Checks that there is a mask. */
    public Runs {
      Objects.requireNonNull(mask, "mask");
    }

    @Override
    public RunLengthMask mask(int width, int height) {
      if (mask.width() != width || mask.height() != height) {
        throw new IllegalArgumentException(
            "the mask has %dx%d pixels, but its picture %dx%d"
                .formatted(mask.width(), mask.height(), width, height));
      }
      return mask;
    }
  }
}
