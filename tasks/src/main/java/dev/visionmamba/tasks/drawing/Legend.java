package dev.visionmamba.tasks.drawing;

import java.awt.BasicStroke;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.Line2D;
import java.awt.geom.Point2D;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What the colours and marks of a picture mean: those that it has. */
final class Legend {
  private static final int LINE = 26;
  private static final int GAP = 22;
  private static final int SPACE = 8;
  private static final int BAR = 140;
  private static final int BAR_HEIGHT = 14;

  private final List<Item> items = new ArrayList<>();
  private final int width;

  /**
   * A sign and what it means.
   *
   * @param before a label to its left; empty for none
   * @param signWidth what the sign takes
   * @param sign draws it from (0, 0) to the right, above and below 0 alike
   * @param after the label to its right
   */
  private record Item(String before, int signWidth, Consumer<Graphics2D> sign, String after) {

    int signLeft() {
      return before.isEmpty() ? 0 : Letters.width(Letters.TEXT, before) + SPACE;
    }

    int afterLeft() {
      return signLeft() + signWidth + SPACE;
    }

    int width() {
      return afterLeft() + Letters.width(Letters.TEXT, after);
    }
  }

  /**
   * A legend.
   *
   * @param panels what the picture shows
   * @param width what a line may take
   */
  Legend(List<ScanPathPanel> panels, int width) {
    this.width = width;
    items.add(new Item("first", BAR, Legend::drawBar, "last visited"));
    Point2D middle = new Point2D.Double(7, 0);
    items.add(new Item("", 14, g -> ScanPathPanel.drawStart(g, middle, 5.5), "start"));
    if (panels.stream().anyMatch(ScanPathPanel::hasEnd)) {
      items.add(new Item("", 14, g -> ScanPathPanel.drawEnd(g, middle, 5.5), "end"));
    }
    if (panels.stream().anyMatch(ScanPathPanel::hasJumps)) {
      items.add(new Item("", 34, Legend::drawJump, "jump"));
    }
    if (panels.stream().anyMatch(ScanPathPanel::leavesOut)) {
      items.add(new Item("", 22, Legend::drawBlank, "not visited"));
    }
  }

  int height() {
    return LINE * lines().size();
  }

  void draw(Graphics2D g, int x, int y) {
    double middle = y + LINE / 2.0;
    double baseline = middle + Letters.capital(Letters.TEXT) / 2;
    for (List<Item> line : lines()) {
      int left = x;
      for (Item item : line) {
        g.setFont(Letters.TEXT);
        g.setColor(Letters.GREY);
        g.drawString(item.before(), left, (float) baseline);
        g.drawString(item.after(), left + item.afterLeft(), (float) baseline);
        Graphics2D sign = (Graphics2D) g.create();
        sign.translate(left + item.signLeft(), middle);
        item.sign().accept(sign);
        sign.dispose();
        left += item.width() + GAP;
      }
      middle += LINE;
      baseline += LINE;
    }
  }

  private List<List<Item>> lines() {
    List<List<Item>> lines = new ArrayList<>();
    int left = width;
    for (Item item : items) {
      if (left + item.width() > width) {
        lines.add(new ArrayList<>());
        left = 0;
      }
      lines.get(lines.size() - 1).add(item);
      left += item.width() + GAP;
    }
    return lines;
  }

  private static void drawBar(Graphics2D g) {
    for (int x = 0; x < BAR; x++) {
      g.setColor(TimeColours.at((double) x / (BAR - 1)));
      g.fillRect(x, -BAR_HEIGHT / 2, 1, BAR_HEIGHT);
    }
  }

  private static void drawJump(Graphics2D g) {
    g.setColor(Letters.INK);
    g.setStroke(ScanPathPanel.jumpStroke(4));
    g.draw(new Line2D.Double(0, 0, 34, 0));
  }

  private static void drawBlank(Graphics2D g) {
    Rectangle box = new Rectangle(0, -BAR_HEIGHT / 2, 22, BAR_HEIGHT);
    ScanPathPanel.hatch(g, box);
    g.setColor(Letters.GREY);
    g.setStroke(new BasicStroke(1));
    g.draw(box);
  }
}
