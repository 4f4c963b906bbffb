package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The orders of the papers: small grids by hand, others by the references' index formulas. */
class PublishedOrdersTest {

  @Test
  void crossByHand() {
    // 0 1 2
    // 3 4 5
    assertThat(Grids.orders(ScanStrategies.CROSS, 2, 3))
        .containsExactly(
            new int[] {0, 1, 2, 3, 4, 5},
            new int[] {0, 3, 1, 4, 2, 5},
            new int[] {5, 4, 3, 2, 1, 0},
            new int[] {5, 2, 4, 1, 3, 0});
  }

  @Test
  void crossIsVMambas() {
    Grids.forEach(
        (height, width) -> {
          int last = height * width - 1;
          List<ScanPath> paths = ScanStrategies.CROSS.paths(height, width);
          assertThat(paths).hasSize(4);
          for (int h = 0; h < height; h++) {
            for (int w = 0; w < width; w++) {
              int pixel = h * width + w;
              assertThat(paths.get(0).token(h * width + w)).isEqualTo(pixel);
              assertThat(paths.get(1).token(w * height + h)).isEqualTo(pixel);
              assertThat(paths.get(2).token(last - (h * width + w))).isEqualTo(pixel);
              assertThat(paths.get(3).token(last - (w * height + h))).isEqualTo(pixel);
            }
          }
        });
  }

  @Test
  void continuousByHand() {
    // 0 1
    // 2 3
    // 4 5
    assertThat(Grids.orders(ScanStrategies.CONTINUOUS, 3, 2))
        .containsExactly(
            new int[] {0, 1, 3, 2, 4, 5},
            new int[] {5, 4, 2, 3, 1, 0},
            new int[] {0, 2, 4, 5, 3, 1},
            new int[] {1, 3, 5, 4, 2, 0});
  }

  @Test
  void continuousIsPlainMambas() {
    Grids.forEach(
        (height, width) -> {
          int last = height * width - 1;
          List<ScanPath> paths = ScanStrategies.CONTINUOUS.paths(height, width);
          assertThat(paths).hasSize(4);
          for (int t = 0; t <= last; t++) {
            int row = t / width;
            int byRows = row * width + (row % 2 == 0 ? t % width : width - 1 - t % width);
            int column = t / height;
            int inColumn = column % 2 == 0 ? t % height : height - 1 - t % height;
            int byColumns = inColumn * width + column;
            assertThat(paths.get(0).token(t)).isEqualTo(byRows);
            assertThat(paths.get(1).token(last - t)).isEqualTo(byRows);
            assertThat(paths.get(2).token(t)).isEqualTo(byColumns);
            assertThat(paths.get(3).token(last - t)).isEqualTo(byColumns);
          }
        });
  }

  @Test
  void atrousByHand() {
    //  0  1  2  3
    //  4  5  6  7
    //  8  9 10 11
    // 12 13 14 15
    assertThat(Grids.orders(ScanStrategies.atrous(2), 4, 4))
        .containsExactly(
            new int[] {0, 2, 8, 10},
            new int[] {4, 12, 6, 14},
            new int[] {1, 3, 9, 11},
            new int[] {5, 13, 7, 15});
    // 0 1 2
    // 3 4 5
    // 6 7 8
    assertThat(Grids.orders(ScanStrategies.atrous(2), 3, 3))
        .containsExactly(new int[] {0, 2, 6, 8}, new int[] {3, 5}, new int[] {1, 7}, new int[] {4});
  }

  @Test
  void atrousIsEfficientVMambas() {
    for (int height = 2; height <= 12; height += 2) {
      for (int width = 2; width <= 14; width += 4) {
        int rows = height / 2;
        int columns = width / 2;
        List<ScanPath> paths = ScanStrategies.atrous(2).paths(height, width);
        assertThat(paths).hasSize(4).allMatch(path -> path.steps() == rows * columns);
        for (int i = 0; i < rows; i++) {
          for (int j = 0; j < columns; j++) {
            int corner = 2 * i * width + 2 * j;
            assertThat(paths.get(0).token(i * columns + j)).isEqualTo(corner);
            assertThat(paths.get(1).token(j * rows + i)).isEqualTo(corner + width);
            assertThat(paths.get(2).token(i * columns + j)).isEqualTo(corner + 1);
            assertThat(paths.get(3).token(j * rows + i)).isEqualTo(corner + width + 1);
          }
        }
      }
    }
  }

  @Test
  void atrousLeavesOutSubGridsWithoutCells() {
    assertThat(Grids.orders(ScanStrategies.atrous(2), 1, 5))
        .containsExactly(new int[] {0, 2, 4}, new int[] {1, 3});
    assertThat(Grids.orders(ScanStrategies.atrous(2), 5, 1))
        .containsExactly(new int[] {0, 2, 4}, new int[] {1, 3});
    assertThat(Grids.orders(ScanStrategies.atrous(2), 1, 1)).containsExactly(new int[] {0});
    assertThat(ScanStrategies.atrous(Integer.MAX_VALUE).paths(3, 4)).hasSize(12);
  }

  @Test
  void windowsByHand() {
    //  0  1 |  2  3 |  4
    //  5  6 |  7  8 |  9
    // 10 11 | 12 13 | 14
    int[] forward = {0, 1, 5, 6, 2, 3, 7, 8, 4, 9, 10, 11, 12, 13, 14};
    int[] backward = {14, 13, 12, 11, 10, 9, 4, 8, 7, 3, 2, 6, 5, 1, 0};
    assertThat(Grids.orders(ScanStrategies.window(2), 3, 5)).containsExactly(forward, backward);
    assertThat(Grids.orders(ScanStrategies.window(Integer.MAX_VALUE), 3, 5).get(0))
        .isEqualTo(ScanPath.raster(15).order());
  }

  /**
   * The reference's formula, which pads the grid: the path is its sequence without the padding.
   *
   * @param size the windows' side
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void windowsAreLocalMambasWithoutPadding(int size) {
    Grids.forEach(
        (height, width) -> {
          int across = (width + size - 1) / size;
          int down = (height + size - 1) / size;
          int[] padded = new int[down * across * size * size];
          Arrays.fill(padded, -1);
          for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
              int window = row / size * across + column / size;
              int inWindow = row % size * size + column % size;
              padded[window * size * size + inWindow] = row * width + column;
            }
          }
          int[] order = Arrays.stream(padded).filter(token -> token >= 0).toArray();
          assertThat(ScanStrategies.window(size).paths(height, width))
              .containsExactly(
                  ScanPath.of(height * width, order),
                  ScanPath.of(height * width, order).reversed());
        });
  }

  @Test
  void localTakesLocalMambasNames() {
    ScanStrategy strategy =
        ScanStrategies.local("v_flip", "h", "w2", "w7_flip", "h_flip", "v", "w2_flip", "w7");
    Grids.forEach(
        (height, width) -> {
          List<ScanPath> cross = ScanStrategies.CROSS.paths(height, width);
          List<ScanPath> two = ScanStrategies.window(2).paths(height, width);
          List<ScanPath> seven = ScanStrategies.window(7).paths(height, width);
          assertThat(strategy.paths(height, width))
              .containsExactly(
                  cross.get(3),
                  cross.get(0),
                  two.get(0),
                  seven.get(1),
                  cross.get(2),
                  cross.get(1),
                  two.get(1),
                  seven.get(0));
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "w", "w0", "w-1", "hflip", "h_flip_flip", "W2", "w12345678901"})
  void localRefusesOtherNames(String name) {
    assertThatThrownBy(() -> ScanStrategies.local("h", name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"" + name + "\"")
        .hasMessageContaining("wK");
  }

  @Test
  void parametersBelowOneAreRefused() {
    assertThatThrownBy(ScanStrategies::local).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ScanStrategies.atrous(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step must be at least 1, got 0");
    assertThatThrownBy(() -> ScanStrategies.window(-2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size must be at least 1, got -2");
  }

  @Test
  void diagonalByHand() {
    // 0 1 2
    // 3 4 5
    assertThat(Grids.orders(ScanStrategies.DIAGONAL, 2, 3))
        .containsExactly(
            new int[] {0, 1, 3, 2, 4, 5},
            new int[] {2, 1, 5, 0, 4, 3},
            new int[] {5, 4, 2, 3, 1, 0},
            new int[] {3, 4, 0, 5, 1, 2});
  }

  @Test
  void diagonalsAreWalkedLineAfterLineInOneSense() {
    Grids.forEach(
        (height, width) -> {
          List<ScanPath> paths = ScanStrategies.DIAGONAL.paths(height, width);
          for (int t = 1; t < height * width; t++) {
            assertFollows(paths.get(0), t, width, 1);
            assertFollows(paths.get(1), t, width, -1);
          }
        });
  }

  /** row + sense * column rises by one, or stays while the row rises by one. */
  private static void assertFollows(ScanPath path, int step, int width, int sense) {
    int from = path.token(step - 1);
    int to = path.token(step);
    int line = to / width - from / width + sense * (to % width - from % width);
    assertThat(line).isBetween(0, 1);
    if (line == 0) {
      assertThat(to / width).isEqualTo(from / width + 1);
    }
  }
}
