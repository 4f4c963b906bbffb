package dev.visionmamba.tasks.drawing;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategy;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Draws how a strategy walks a grid: a panel for each direction, cells coloured by the time of
 * their visit, the way as a line. Steps that lead farther than the shortest are dashed, cells that
 * a direction leaves out are hatched, and the steps are numbered where there is room.
 */
public final class ScanPathsPicture {
  /** The most rows and the most columns of a grid. */
  public static final int LONGEST_SIDE = 256;

  /** The most directions. */
  public static final int MOST_DIRECTIONS = 64;

  /** The most cells in all panels together. */
  public static final int MOST_CELLS = 4 * LONGEST_SIDE * LONGEST_SIDE;

  private static final int MARGIN = 30;
  private static final int NARROWEST = 560;

  private ScanPathsPicture() {}

  /**
   * Draws a strategy.
   *
   * @param name what it is called: the heading
   * @param description what it does, in a line or two; empty for none
   * @param strategy the strategy, a published one or any other
   * @param height rows of the grid, 1 to {@link #LONGEST_SIDE}
   * @param width columns of the grid, 1 to {@link #LONGEST_SIDE}
   * @return a picture on white
   * @throws IllegalArgumentException if the grid is too small or too large, there is no direction
   *     or there are too many of them or of their cells to be seen, or a path is not over the
   *     grid's tokens
   */
  public static BufferedImage draw(
      String name, String description, ScanStrategy strategy, int height, int width) {
    requireSide("height", height);
    requireSide("width", width);
    List<ScanPath> paths = strategy.paths(height, width);
    requireDrawable(paths, height, width);
    PanelLayout layout = PanelLayout.fit(paths.size(), height, width);
    int textWidth = Math.max(NARROWEST, layout.pixelWidth());
    Heading heading =
        new Heading(name + ", " + height + " \u00d7 " + width + " tokens", description, textWidth);
    int panelsTop = MARGIN + heading.height() + 10;
    List<ScanPathPanel> panels = new ArrayList<>();
    for (int i = 0; i < paths.size(); i++) {
      Rectangle cells = layout.cells(i);
      cells.translate(MARGIN, panelsTop);
      String title = i + 1 + " of " + paths.size();
      panels.add(new ScanPathPanel(title, paths.get(i), width, cells));
    }
    Legend legend = new Legend(panels, textWidth);
    int legendTop = panelsTop + layout.pixelHeight() + 22;
    BufferedImage image =
        new BufferedImage(
            2 * MARGIN + textWidth,
            legendTop + legend.height() + MARGIN,
            BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    Letters.smooth(g);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, image.getWidth(), image.getHeight());
    heading.draw(g, MARGIN, MARGIN);
    panels.forEach(panel -> panel.draw(g));
    legend.draw(g, MARGIN, legendTop);
    g.dispose();
    return image;
  }

  /**
   * Draws a strategy and writes a PNG, whole or not at all.
   *
   * @param name what it is called
   * @param description what it does; empty for none
   * @param strategy the strategy
   * @param height rows of the grid
   * @param width columns of the grid
   * @param file where; its folder must exist
   * @throws IllegalArgumentException as {@link #draw} does
   * @throws IOException if it cannot be written
   */
  public static void write(
      String name, String description, ScanStrategy strategy, int height, int width, Path file)
      throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    BufferedImage image = draw(name, description, strategy, height, width);
    ImageIO.write(IndexedColours.reduce(image, TimeColours.all()), "png", png);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }

  private static void requireSide(String name, int side) {
    if (side < 1 || side > LONGEST_SIDE) {
      throw new IllegalArgumentException(
          name + " must be 1 to " + LONGEST_SIDE + " to be drawn, got " + side);
    }
  }

  private static void requireDrawable(List<ScanPath> paths, int height, int width) {
    if (paths.isEmpty()) {
      throw new IllegalArgumentException("the strategy has no direction");
    }
    int cells = height * width;
    if (paths.size() > MOST_DIRECTIONS || (long) paths.size() * cells > MOST_CELLS) {
      throw new IllegalArgumentException(
          String.format(
              "%d directions of %d x %d cells are too many to be drawn: at most %d directions and"
                  + " %d cells in all",
              paths.size(), height, width, MOST_DIRECTIONS, MOST_CELLS));
    }
    for (ScanPath path : paths) {
      if (path.tokens() != cells) {
        throw new IllegalArgumentException(
            String.format(
                "a path is over %d tokens, but a grid of %d x %d has %d",
                path.tokens(), height, width, cells));
      }
    }
  }
}
