package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScanPathPanelTest {
  private static final int LEFT = 12;
  private static final int TOP = 40;

  /** A path drawn in cells of a size, with a pixel of each of its cells. */
  private record Drawn(BufferedImage image, int width, int cell) {

    static Drawn of(ScanPath path, int width, int cell) {
      int height = path.tokens() / width;
      Rectangle area = new Rectangle(LEFT, TOP, width * cell, height * cell);
      BufferedImage image =
          new BufferedImage(
              Math.max(200, area.width + 2 * LEFT),
              TOP + area.height + LEFT,
              BufferedImage.TYPE_INT_RGB);
      Graphics2D g = image.createGraphics();
      Letters.smooth(g);
      g.setColor(Color.WHITE);
      g.fillRect(0, 0, image.getWidth(), image.getHeight());
      new ScanPathPanel("1 of 1", path, width, area).draw(g);
      g.dispose();
      return new Drawn(image, width, cell);
    }

    Color at(int token, double right, double down) {
      int x = LEFT + (int) ((token % width + right) * cell);
      int y = TOP + (int) ((token / width + down) * cell);
      return new Color(image.getRGB(x, y));
    }

    /** Away from the way, the marks and the number. */
    Color ground(int token) {
      return at(token, 0.85, 0.85);
    }

    Color middle(int token) {
      return at(token, 0.5, 0.5);
    }

    Set<Color> colours(int token) {
      Set<Color> colours = new HashSet<>();
      for (int x = 1; x < cell - 1; x++) {
        for (int y = 1; y < cell - 1; y++) {
          colours.add(at(token, (x + 0.5) / cell, (y + 0.5) / cell));
        }
      }
      return colours;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 15, 16, 25, 26, 40})
  void cellsHaveTheColourOfTheirTime(int cell) {
    ScanPath path = ScanStrategies.CONTINUOUS.paths(6, 5).get(3);
    Drawn drawn = Drawn.of(path, 5, cell);
    for (int t = 0; t < path.steps(); t++) {
      assertThat(drawn.ground(path.token(t))).as("step %d", t).isEqualTo(TimeColours.at(t / 29.0));
    }
    assertThat(drawn.ground(path.token(0))).isNotEqualTo(drawn.ground(path.token(29)));
  }

  @Test
  void startIsARingEndASquareAndTheWayALine() {
    ScanPath path = ScanPath.raster(5);
    Drawn drawn = Drawn.of(path, 5, 40);
    assertThat(drawn.middle(0)).isEqualTo(Color.WHITE);
    assertThat(drawn.middle(4)).isEqualTo(Letters.INK);
    assertThat(drawn.middle(2)).isEqualTo(Letters.INK);
    assertThat(drawn.at(2, 0.9, 0.5)).isEqualTo(Letters.INK);
    assertThat(drawn.at(2, 0.5, 0.9)).isEqualTo(TimeColours.at(0.5));
    assertThat(drawn.at(4, 0.9, 0.5)).isEqualTo(TimeColours.at(1));
  }

  @Test
  void cellsThatAreNotVisitedAreHatched() {
    Drawn drawn = Drawn.of(ScanStrategies.atrous(2).paths(4, 4).get(3), 4, 30);
    // Tokens 5, 13, 7, 15 are visited; the way crosses 9, 11 and some others.
    for (int token : new int[] {0, 1, 2, 3, 4, 8, 12}) {
      Set<Color> colours = drawn.colours(token);
      assertThat(colours).as("token %d", token).hasSizeGreaterThan(1);
      assertThat(colours)
          .allSatisfy(
              colour -> {
                float[] hsb =
                    Color.RGBtoHSB(colour.getRed(), colour.getGreen(), colour.getBlue(), null);
                assertThat(hsb[1]).isLessThan(0.06f);
                assertThat(hsb[2]).isGreaterThan(0.8f);
              });
    }
    assertThat(drawn.ground(5)).isEqualTo(TimeColours.at(0));
    assertThat(drawn.ground(15)).isEqualTo(TimeColours.at(1));
  }

  @Test
  void stepsAreNumberedWhereThereIsRoom() {
    ScanPath path = ScanPath.raster(3);
    assertThat(corner(Drawn.of(path, 3, 14))).containsOnly(TimeColours.at(0.5));
    assertThat(corner(Drawn.of(path, 3, 35))).hasSizeGreaterThan(5);
    assertThat(corner(Drawn.of(path, 3, 40))).hasSizeGreaterThan(5);
    // Three digits need more room than one.
    assertThat(corner(Drawn.of(ScanPath.raster(100), 100, 26))).hasSize(1);
    assertThat(corner(Drawn.of(ScanPath.raster(100), 100, 40))).hasSizeGreaterThan(5);
  }

  /** The colours in the middle cell above the way. */
  private static Set<Color> corner(Drawn drawn) {
    Set<Color> colours = new HashSet<>();
    for (int x = 1; x < drawn.cell() / 2; x++) {
      for (int y = 1; y < drawn.cell() / 2 - 4; y++) {
        colours.add(drawn.at(1, (x + 0.5) / drawn.cell(), (y + 0.5) / drawn.cell()));
      }
    }
    return colours;
  }

  @Test
  void onlyStepsThatAreLongerThanOthersAreJumps() {
    assertThat(panel(ScanPath.raster(12), 4).hasJumps()).isTrue();
    assertThat(panel(ScanPath.raster(12), 12).hasJumps()).isFalse();
    assertThat(panel(ScanStrategies.HILBERT.paths(5, 6).get(0), 6).hasJumps()).isFalse();
    assertThat(panel(ScanPath.of(9, 0, 2, 4, 6, 8), 9).hasJumps()).isFalse();
    assertThat(panel(ScanPath.of(9, 4), 3).hasJumps()).isFalse();
    assertThat(panel(ScanPath.of(9, 4), 3).leavesOut()).isTrue();
    assertThat(panel(ScanPath.of(9, 4), 3).hasEnd()).isFalse();
  }

  private static ScanPathPanel panel(ScanPath path, int width) {
    return new ScanPathPanel("", path, width, new Rectangle(0, 0, width, path.tokens() / width));
  }
}
