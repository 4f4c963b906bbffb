package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HilbertCurveTest {

  @Test
  void everyStepLeadsToANeighbourOnAnyGrid() {
    for (int height = 1; height <= 40; height++) {
      for (int width = 1; width <= 40; width++) {
        List<ScanPath> paths = ScanStrategies.HILBERT.paths(height, width);
        Grids.assertPermutations(paths, height, width);
        assertThat(paths).hasSize(2);
        assertThat(paths.get(1)).isEqualTo(paths.get(0).reversed());
        // Throws where a step does not lead to a neighbour.
        assertThat(ScanMove.codes(paths.get(0), width)).hasSize(height * width);
      }
    }
  }

  @Test
  void runsFromTheTopLeftAlongTheLongerSideIfItCan() {
    for (int height = 1; height <= 30; height++) {
      for (int width = 1; width <= 30; width++) {
        int last = height * width - 1;
        ScanPath path = ScanStrategies.HILBERT.paths(height, width).get(0);
        boolean alongRows = width >= height;
        int longer = Math.max(height, width);
        int shorter = Math.min(height, width);
        boolean possible = longer % 2 == 0 || shorter % 2 == 1;
        assertThat(path.token(0)).isZero();
        assertThat(path.token(last))
            .as("%d x %d", height, width)
            .isEqualTo(alongRows == possible ? width - 1 : (height - 1) * width);
      }
    }
  }

  @Test
  void byHand() {
    // 0 1 2
    // 3 4 5
    // 6 7 8
    assertThat(Grids.orders(ScanStrategies.HILBERT, 3, 3).get(0))
        .containsExactly(0, 3, 6, 7, 8, 5, 4, 1, 2);
    assertThat(Grids.orders(ScanStrategies.HILBERT, 2, 2).get(0)).containsExactly(0, 2, 3, 1);
    assertThat(Grids.orders(ScanStrategies.HILBERT, 1, 4).get(0)).containsExactly(0, 1, 2, 3);
    assertThat(Grids.orders(ScanStrategies.HILBERT, 4, 1).get(0)).containsExactly(0, 1, 2, 3);
  }

  /** The curve's definition for squares: four smaller ones, the first and last of them turned. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32, 64})
  void isHilbertsOnSquaresOfPowersOfTwo(int side) {
    ScanPath path = ScanStrategies.HILBERT.paths(side, side).get(0);
    for (int row = 0; row < side; row++) {
      for (int column = 0; column < side; column++) {
        int step = stepOf(row, column, side);
        assertThat(path.token(step)).isEqualTo(row * side + column);
      }
    }
  }

  /** The step that visits a cell of the curve from the top left to the top right. */
  private static int stepOf(int row, int column, int side) {
    if (side == 1) {
      return 0;
    }
    int half = side / 2;
    int quarter = half * half;
    if (column < half) {
      return row < half
          ? stepOf(column, row, half) // mirrored at the main diagonal
          : quarter + stepOf(row - half, column, half);
    }
    return row >= half
        ? 2 * quarter + stepOf(row - half, column - half, half)
        : 3 * quarter + stepOf(side - 1 - column, half - 1 - row, half); // at the other diagonal
  }

  /** What rows and columns lack: cells that are n steps apart are some sqrt(n) apart. */
  @Test
  void whatIsNearOnTheCurveIsNearOnTheGrid() {
    int[][] sizes = {{64, 64}, {63, 63}, {60, 85}, {37, 61}, {48, 30}, {101, 60}, {97, 89}};
    for (int[] size : sizes) {
      ScanPath path = ScanStrategies.HILBERT.paths(size[0], size[1]).get(0);
      assertThat(spread(path, size[1])).as("%d x %d", size[0], size[1]).isLessThan(3.5);
    }
    assertThat(spread(ScanStrategies.CONTINUOUS.paths(64, 64).get(0), 64)).isGreaterThan(7);
  }

  /** The greatest distance of two cells by the root of the steps between them. */
  private static double spread(ScanPath path, int width) {
    double greatest = 0;
    for (int t = 0; t < path.steps(); t++) {
      for (int s = t + 1; s < path.steps(); s++) {
        int rows = path.token(s) / width - path.token(t) / width;
        int columns = path.token(s) % width - path.token(t) % width;
        greatest = Math.max(greatest, Math.hypot(rows, columns) / Math.sqrt(s - t));
      }
    }
    return greatest;
  }
}
