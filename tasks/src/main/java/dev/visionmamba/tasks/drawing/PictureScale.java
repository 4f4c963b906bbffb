package dev.visionmamba.tasks.drawing;

import java.awt.Font;

/**
 * How large lines and letters are on a picture.
 *
 * @param line the width of lines, in pixels
 * @param font the letters
 */
record PictureScale(int line, Font font) {
  /** Smaller letters cannot be read. */
  private static final int SMALLEST_FONT = 9;

  /** Parts of the mean side of a picture. */
  private static final double FONT_PART = 0.022;

  /** Letters are at least so large where that does not make them this part of the mean side. */
  private static final int PLEASANT_FONT = 12;

  private static final double LARGEST_PART = 0.04;

  private static final double LINE_PART = 0.0035;

  static PictureScale of(int width, int height) {
    double side = Math.sqrt((double) width * height);
    double wanted = Math.max(FONT_PART * side, Math.min(PLEASANT_FONT, LARGEST_PART * side));
    int size = Math.max(SMALLEST_FONT, (int) Math.round(wanted));
    int line = Math.max(1, (int) Math.round(LINE_PART * side));
    return new PictureScale(line, new Font(Font.SANS_SERIF, Font.PLAIN, size));
  }

  /** Around letters. */
  int padding() {
    return Math.max(1, font.getSize() / 6);
  }

  /** The height of a line of letters with their ground. */
  int labelHeight() {
    return Letters.line(font) + padding();
  }

  /** A text that is no wider than told: whole, or cut off with an ellipsis; empty if none fits. */
  String fit(String text, int width) {
    if (Letters.width(font, text) <= width) {
      return text;
    }
    int[] characters = text.codePoints().toArray();
    for (int length = characters.length - 1; length > 0; length--) {
      String cut = new String(characters, 0, length).strip() + "\u2026";
      if (Letters.width(font, cut) <= width) {
        return cut;
      }
    }
    return "";
  }
}
