package dev.visionmamba.tasks.drawing;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.FontRenderContext;

/** The fonts of a picture and how wide texts are in them. */
final class Letters {
  static final Font HEADING = new Font(Font.SANS_SERIF, Font.BOLD, 24);
  static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 15);
  static final Font TEXT = new Font(Font.SANS_SERIF, Font.PLAIN, 14);
  static final Color INK = new Color(0x1b2233);
  static final Color GREY = new Color(0x5a6072);

  private static final FontRenderContext CONTEXT = new FontRenderContext(null, true, true);

  private Letters() {}

  /** Smooth edges, and letters where {@link #width} expects them. */
  static void smooth(Graphics2D g) {
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
  }

  /** In pixels. */
  static int width(Font font, String text) {
    return (int) Math.ceil(font.getStringBounds(text, CONTEXT).getWidth());
  }

  /** Of a capital letter, in pixels; the same for all fonts that are likely. */
  static double capital(Font font) {
    return 0.72 * font.getSize();
  }

  /** From one line to the next, in pixels. */
  static int line(Font font) {
    return (int) Math.round(1.25 * font.getSize());
  }
}
