package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;

/** Lays masks over a picture: half-transparent, with an opaque rim. */
final class MaskPainter {
  private static final double OPACITY = 0.5;

  private final int width;
  private final byte[] bgr;

  /**
   * Paints on a picture.
   *
   * @param image of {@link BufferedImage#TYPE_3BYTE_BGR}
   */
  MaskPainter(BufferedImage image) {
    this.width = image.getWidth();
    this.bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
  }

  /** Paints a mask of the picture's size; its rim is so many pixels wide and lies inside. */
  void paint(RunLengthMask mask, Color colour, int rim) {
    Box box = mask.box();
    int left = (int) box.left();
    int top = (int) box.top();
    int columns = (int) box.width();
    int rows = (int) box.height();
    boolean[] inside = new boolean[columns * rows];
    mask.segments(
        (x, from, to) -> {
          for (int y = from; y < to; y++) {
            inside[(y - top) * columns + x - left] = true;
          }
        });
    boolean[] rims = rims(inside, columns, rows, rim);
    for (int i = 0; i < inside.length; i++) {
      if (inside[i]) {
        int pixel = (top + i / columns) * width + left + i % columns;
        blend(pixel, colour, rims[i] ? 1 : OPACITY);
      }
    }
  }

  /** The pixels of a mask that have one outside of it nearby. */
  private static boolean[] rims(boolean[] inside, int columns, int rows, int rim) {
    boolean[] rims = new boolean[inside.length];
    for (int i = 0; i < inside.length; i++) {
      int x = i % columns;
      int y = i / columns;
      if (inside[i] && isEdge(inside, columns, rows, x, y)) {
        for (int v = Math.max(0, y - rim + 1); v < Math.min(rows, y + rim); v++) {
          for (int u = Math.max(0, x - rim + 1); u < Math.min(columns, x + rim); u++) {
            rims[v * columns + u] = true;
          }
        }
      }
    }
    return rims;
  }

  private static boolean isEdge(boolean[] inside, int columns, int rows, int x, int y) {
    int i = y * columns + x;
    return x == 0
        || y == 0
        || x == columns - 1
        || y == rows - 1
        || !inside[i - 1]
        || !inside[i + 1]
        || !inside[i - columns]
        || !inside[i + columns];
  }

  /** Lays a colour over a pixel. */
  void blend(int pixel, Color colour, double opacity) {
    int i = 3 * pixel;
    bgr[i] = mix(bgr[i], colour.getBlue(), opacity);
    bgr[i + 1] = mix(bgr[i + 1], colour.getGreen(), opacity);
    bgr[i + 2] = mix(bgr[i + 2], colour.getRed(), opacity);
  }

  private static byte mix(byte below, int above, double opacity) {
    return (byte) Math.round((below & 0xff) * (1 - opacity) + above * opacity);
  }
}
