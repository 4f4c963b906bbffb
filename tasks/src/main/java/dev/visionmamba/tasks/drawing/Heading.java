package dev.visionmamba.tasks.drawing;

import java.awt.Font;
import java.awt.Graphics2D;
import java.util.ArrayList;
import java.util.List;

/** What stands above a picture: a name, and below it what it is; both are broken into lines. */
final class Heading {
  private final List<String> names;
  private final List<String> descriptions;

  /**
   * A heading.
   *
   * @param name the name
   * @param description what it is; blank for none
   * @param width what a line may take
   */
  Heading(String name, String description, int width) {
    this.names = lines(name, Letters.HEADING, width);
    this.descriptions = description.isBlank() ? List.of() : lines(description, Letters.TEXT, width);
  }

  int height() {
    return names.size() * Letters.line(Letters.HEADING)
        + descriptions.size() * Letters.line(Letters.TEXT);
  }

  void draw(Graphics2D g, int x, int y) {
    g.setFont(Letters.HEADING);
    g.setColor(Letters.INK);
    int next = draw(g, names, x, y);
    g.setFont(Letters.TEXT);
    g.setColor(Letters.GREY);
    draw(g, descriptions, x, next);
  }

  private static int draw(Graphics2D g, List<String> lines, int x, int y) {
    int next = y;
    for (String line : lines) {
      g.drawString(line, x, next + g.getFont().getSize());
      next += Letters.line(g.getFont());
    }
    return next;
  }

  /** Breaks a text at spaces; a word that is wider than a line has its own. */
  private static List<String> lines(String text, Font font, int width) {
    List<String> lines = new ArrayList<>();
    String line = "";
    for (String word : text.strip().split("\\s+")) {
      String longer = line.isEmpty() ? word : line + " " + word;
      if (!line.isEmpty() && Letters.width(font, longer) > width) {
        lines.add(line);
        longer = word;
      }
      line = longer;
    }
    lines.add(line);
    return lines;
  }
}
