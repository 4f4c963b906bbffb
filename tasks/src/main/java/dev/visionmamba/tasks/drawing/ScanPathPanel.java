package dev.visionmamba.tasks.drawing;

import dev.visionmamba.scans.ScanPath;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.Locale;

/**
 * Draws one path on its grid: cells coloured by the time of the visit, and the way through them.
 */
final class ScanPathPanel {
  private static final Color HALO = new Color(255, 255, 255, 170);
  private static final Color JUMP = new Color(0x82_1b2233, true);
  private static final Color FAINT_JUMP = new Color(0x50_1b2233, true);
  private static final Color GRID = new Color(255, 255, 255, 120);
  private static final Color FRAME = new Color(0x8a8f9c);
  private static final Color BLANK = new Color(0xf4f4f6);
  private static final Color HATCH = new Color(0xdcdde3);

  /** Smaller figures could not be read. */
  private static final int SMALLEST_NUMBER = 9;

  /** From the edge of a cell. */
  private static final int NUMBER_MARGIN = 2;

  /** In smaller cells the way is one thin line, white on dark colours. */
  private static final int SMALL_CELL = 16;

  /** So many steps lie between two arrows at least, more where arrows would be too many. */
  private static final double ARROW_SPACING = 3;

  private static final int MOST_ARROWS = 40;

  private final String title;
  private final ScanPath path;
  private final int width;
  private final Rectangle area;
  private final int cell;
  private final int reach;
  private final boolean numbersAtTheRight;

  /**
   * A panel.
   *
   * @param title what stands above it
   * @param path the path
   * @param width columns of its grid
   * @param area where its cells lie
   */
  ScanPathPanel(String title, ScanPath path, int width, Rectangle area) {
    this.title = title;
    this.path = path;
    this.width = width;
    this.area = area;
    this.cell = area.width / width;
    this.reach = reach();
    this.numbersAtTheRight = leadsThroughUpperLeftCorners();
  }

  void draw(Graphics2D g) {
    drawTitle(g);
    hatch(g, area);
    for (int t = 0; t < path.steps(); t++) {
      g.setColor(TimeColours.at(time(t)));
      g.fill(cell(t));
    }
    drawGrid(g);
    drawJumps(g);
    Font numbers = numberFont();
    if (numbers != null) {
      drawNumberGrounds(g, numbers);
    }
    drawSteps(g);
    drawArrows(g);
    double mark = Math.max(3.2, 0.17 * cell);
    if (hasEnd()) {
      drawEnd(g, centre(path.steps() - 1), mark);
    }
    drawStart(g, centre(0), mark);
    if (numbers != null) {
      drawNumbers(g, numbers);
    }
    g.setColor(FRAME);
    g.setStroke(new BasicStroke(1));
    g.draw(new Rectangle2D.Double(area.x - 0.5, area.y - 0.5, area.width + 1, area.height + 1));
  }

  /** Whether it ends in another cell than it starts in. */
  boolean hasEnd() {
    return path.steps() > 1;
  }

  /** Whether there are cells that it does not visit. */
  boolean leavesOut() {
    return path.steps() < path.tokens();
  }

  /** Whether some step leads farther than the shortest. */
  boolean hasJumps() {
    for (int t = 1; t < path.steps(); t++) {
      if (isJump(t)) {
        return true;
      }
    }
    return false;
  }

  /** The title, and how many steps there are. */
  private void drawTitle(Graphics2D g) {
    int baseline = area.y - 9;
    g.setFont(Letters.TITLE);
    g.setColor(Letters.INK);
    g.drawString(title, area.x, baseline);
    int steps = path.steps();
    String count = String.format(Locale.ROOT, steps == 1 ? "%,d step" : "%,d steps", steps);
    g.setFont(Letters.TEXT);
    g.setColor(Letters.GREY);
    g.drawString(count, area.x + Letters.width(Letters.TITLE, title) + 10, baseline);
  }

  /** 0 for the first step to 1 for the last. */
  private double time(int step) {
    return path.steps() == 1 ? 0 : (double) step / (path.steps() - 1);
  }

  private Rectangle cell(int step) {
    int token = path.token(step);
    return new Rectangle(area.x + token % width * cell, area.y + token / width * cell, cell, cell);
  }

  private Point2D centre(int step) {
    Rectangle square = cell(step);
    return new Point2D.Double(square.getCenterX(), square.getCenterY());
  }

  /** How many rows a step leads down. */
  private int down(int step) {
    return path.token(step) / width - path.token(step - 1) / width;
  }

  /** How many columns a step leads to the right. */
  private int right(int step) {
    return path.token(step) % width - path.token(step - 1) % width;
  }

  /** How many rows or columns a step leads away, whichever are more. */
  private int distance(int step) {
    return Math.max(Math.abs(down(step)), Math.abs(right(step)));
  }

  /** The shortest distance: to the neighbours, or to the next cell of a sub-grid. */
  private int reach() {
    int shortest = Integer.MAX_VALUE;
    for (int t = 1; t < path.steps(); t++) {
      shortest = Math.min(shortest, distance(t));
    }
    return shortest;
  }

  private boolean isJump(int step) {
    return distance(step) > reach;
  }

  /** The ground of cells that are not visited. */
  static void hatch(Graphics2D g, Rectangle where) {
    g.setColor(BLANK);
    g.fill(where);
    Graphics2D clipped = (Graphics2D) g.create();
    clipped.clip(where);
    clipped.setColor(HATCH);
    clipped.setStroke(new BasicStroke(1));
    for (int x = where.x - where.height; x < where.x + where.width; x += 6) {
      clipped.draw(
          new Line2D.Double(
              x, where.y + (double) where.height, x + (double) where.height, where.y));
    }
    clipped.dispose();
  }

  private void drawGrid(Graphics2D g) {
    if (cell < SMALL_CELL) {
      return;
    }
    g.setColor(GRID);
    g.setStroke(new BasicStroke(1));
    for (int x = area.x + cell; x < area.x + area.width; x += cell) {
      g.draw(new Line2D.Double(x - 0.5, area.y, x - 0.5, area.y + (double) area.height));
    }
    for (int y = area.y + cell; y < area.y + area.height; y += cell) {
      g.draw(new Line2D.Double(area.x, y - 0.5, area.x + (double) area.width, y - 0.5));
    }
  }

  private void drawJumps(Graphics2D g) {
    Path2D jumps = new Path2D.Double();
    for (int t = 1; t < path.steps(); t++) {
      if (isJump(t)) {
        jumps.append(new Line2D.Double(centre(t - 1), centre(t)), false);
      }
    }
    boolean small = cell < SMALL_CELL;
    g.setColor(small ? FAINT_JUMP : JUMP);
    g.setStroke(jumpStroke(small ? 2 : 4));
    g.draw(jumps);
  }

  /** Dashes. */
  static BasicStroke jumpStroke(float dash) {
    return new BasicStroke(
        0.5f + 0.15f * dash,
        BasicStroke.CAP_BUTT,
        BasicStroke.JOIN_ROUND,
        1,
        new float[] {dash, dash},
        0);
  }

  private static BasicStroke line(float thickness) {
    return new BasicStroke(thickness, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  }

  private void drawSteps(Graphics2D g) {
    if (cell >= SMALL_CELL) {
      Path2D way = steps(0, path.steps() - 1);
      g.setColor(HALO);
      g.setStroke(line(2.2f * thickness()));
      g.draw(way);
      g.setColor(Letters.INK);
      g.setStroke(line(thickness()));
      g.draw(way);
      return;
    }
    g.setStroke(line(thickness()));
    int from = 0;
    for (int t = 1; t < path.steps(); t++) {
      boolean last = t == path.steps() - 1;
      if (last || !inkAt(t + 1).equals(inkAt(t))) {
        g.setColor(inkAt(t));
        g.draw(steps(from, t));
        from = t;
      }
    }
  }

  /** The way from one step to another without the jumps. */
  private Path2D steps(int from, int to) {
    Path2D way = new Path2D.Double();
    for (int t = from; t <= to; t++) {
      Point2D centre = centre(t);
      if (t == from || isJump(t)) {
        way.moveTo(centre.getX(), centre.getY());
      } else {
        way.lineTo(centre.getX(), centre.getY());
      }
    }
    return way;
  }

  private float thickness() {
    return cell < SMALL_CELL ? Math.max(0.8f, 0.1f * cell) : Math.max(1.4f, 0.06f * cell);
  }

  private Color inkAt(int step) {
    return TimeColours.inkOn(time(step));
  }

  /** One arrow in the middle of each straight run, unless the last arrow is near. */
  private void drawArrows(Graphics2D g) {
    double spacing = Math.max(ARROW_SPACING, (double) path.steps() / MOST_ARROWS);
    double since = spacing;
    int start = 0;
    for (int t = 1; t < path.steps(); t++) {
      if (isJump(t)) {
        start = t;
        since = Math.max(since, ARROW_SPACING);
      } else if (endsRun(t)) {
        int run = t - start;
        if (since + run / 2.0 >= spacing) {
          arrow(g, start + (run + 1) / 2);
          since = run / 2.0;
        } else {
          since += run;
        }
        start = t;
      }
    }
  }

  /** Whether the step after one leads another way. */
  private boolean endsRun(int step) {
    return step == path.steps() - 1
        || down(step + 1) != down(step)
        || right(step + 1) != right(step);
  }

  private void arrow(Graphics2D g, int step) {
    Point2D from = centre(step - 1);
    Point2D to = centre(step);
    double length = Math.max(5, 0.26 * cell);
    double distance = from.distance(to);
    double alongX = (to.getX() - from.getX()) / distance;
    double alongY = (to.getY() - from.getY()) / distance;
    double tipX = (from.getX() + to.getX()) / 2 + alongX * length / 2;
    double tipY = (from.getY() + to.getY()) / 2 + alongY * length / 2;
    double half = 0.45 * length;
    Path2D head = new Path2D.Double();
    head.moveTo(tipX, tipY);
    head.lineTo(tipX - alongX * length - alongY * half, tipY - alongY * length + alongX * half);
    head.lineTo(tipX - alongX * length + alongY * half, tipY - alongY * length - alongX * half);
    head.closePath();
    if (cell >= SMALL_CELL) {
      g.setColor(HALO);
      g.setStroke(line(thickness()));
      g.draw(head);
    }
    g.setColor(cell < SMALL_CELL ? inkAt(step) : Letters.INK);
    g.fill(head);
  }

  /** A ring. */
  static void drawStart(Graphics2D g, Point2D centre, double radius) {
    Ellipse2D disc =
        new Ellipse2D.Double(
            centre.getX() - radius, centre.getY() - radius, 2 * radius, 2 * radius);
    g.setColor(Color.WHITE);
    g.fill(disc);
    g.setColor(Letters.INK);
    g.setStroke(new BasicStroke((float) Math.max(1.2, 0.45 * radius)));
    g.draw(disc);
  }

  /** A full square. */
  static void drawEnd(Graphics2D g, Point2D centre, double radius) {
    Rectangle2D square =
        new Rectangle2D.Double(
            centre.getX() - radius, centre.getY() - radius, 2 * radius, 2 * radius);
    g.setColor(Letters.INK);
    g.fill(square);
    g.setColor(Color.WHITE);
    g.setStroke(new BasicStroke((float) Math.max(0.8, 0.2 * radius)));
    g.draw(square);
  }

  /** The largest in which every number fits beside the way; null if none can be read. */
  private Font numberFont() {
    String widest = "0".repeat(Integer.toString(path.steps()).length());
    for (int size = Math.round(0.26f * cell); size >= SMALLEST_NUMBER; size--) {
      Font font = new Font(Font.SANS_SERIF, Font.PLAIN, size);
      if (NUMBER_MARGIN + Letters.width(font, widest) <= cell / 2 + 1) {
        return font;
      }
    }
    return null;
  }

  /** Where a step's number stands: in the upper corner of its cell that the way leaves free. */
  private Rectangle number(int step, Font font) {
    Rectangle square = cell(step);
    int wide = Letters.width(font, Integer.toString(step + 1));
    int x = numbersAtTheRight ? square.x + cell - NUMBER_MARGIN - wide : square.x + NUMBER_MARGIN;
    return new Rectangle(x, square.y + 4, wide, (int) Math.ceil(Letters.capital(font)));
  }

  /** What jumps must not cross. */
  private void drawNumberGrounds(Graphics2D g, Font font) {
    for (int t = 0; t < path.steps(); t++) {
      Rectangle number = number(t, font);
      number.grow(1, 1);
      g.setColor(TimeColours.at(time(t)));
      g.fill(number);
    }
  }

  /** The number of each step, from 1. */
  private void drawNumbers(Graphics2D g, Font font) {
    g.setFont(font);
    for (int t = 0; t < path.steps(); t++) {
      Rectangle number = number(t, font);
      g.setColor(inkAt(t));
      g.drawString(Integer.toString(t + 1), number.x, number.y + number.height);
    }
  }

  private boolean leadsThroughUpperLeftCorners() {
    for (int t = 1; t < path.steps(); t++) {
      if (!isJump(t) && down(t) * right(t) > 0) {
        return true;
      }
    }
    return false;
  }
}
