package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScanMoveTest {

  @Test
  void codesArePlainMambas() {
    assertThat(ScanMove.START.code()).isZero();
    assertThat(ScanMove.RIGHT.code()).isEqualTo(1);
    assertThat(ScanMove.LEFT.code()).isEqualTo(2);
    assertThat(ScanMove.UP.code()).isEqualTo(3);
    assertThat(ScanMove.DOWN.code()).isEqualTo(4);
  }

  @Test
  void codesByHand() {
    // 0 1
    // 2 3
    // 4 5
    List<ScanPath> paths = ScanStrategies.CONTINUOUS.paths(3, 2);
    assertThat(ScanMove.codes(paths.get(0), 2)).containsExactly(0, 1, 4, 2, 4, 1);
    assertThat(ScanMove.codes(paths.get(1), 2)).containsExactly(0, 2, 3, 1, 3, 2);
    assertThat(ScanMove.codes(paths.get(2), 2)).containsExactly(0, 4, 4, 1, 3, 3);
    assertThat(ScanMove.codes(paths.get(3), 2)).containsExactly(0, 4, 4, 2, 3, 3);
  }

  /** Where the first cell is given, the codes say the whole path. */
  @Test
  void codesLeadAlongThePath() {
    Grids.forEach(
        (height, width) -> {
          for (ScanPath path : ScanStrategies.CONTINUOUS.paths(height, width)) {
            int[] codes = ScanMove.codes(path, width);
            int token = path.token(0);
            assertThat(codes).hasSize(path.steps());
            assertThat(codes[0]).isZero();
            for (int t = 1; t < codes.length; t++) {
              token +=
                  switch (codes[t]) {
                    case 1 -> 1;
                    case 2 -> -1;
                    case 3 -> -width;
                    case 4 -> width;
                    default -> throw new AssertionError("code " + codes[t]);
                  };
              assertThat(token).isEqualTo(path.token(t));
            }
          }
        });
  }

  @Test
  void aStepToNoNeighbourIsRefused() {
    // From the end of a row to the start of the next: tokens 2 and 3 follow each other.
    assertThatThrownBy(() -> ScanMove.codes(ScanPath.raster(6), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step 3 leads from row 0, column 2 to row 1, column 0, which is no neighbour");
    assertThatThrownBy(() -> ScanMove.codes(ScanPath.of(6, 0, 4), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("step 1");
    assertThatThrownBy(() -> ScanMove.codes(ScanPath.of(6, 0, 2), 3))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -3, 4, 12})
  void aWidthThatDoesNotDivideTheTokensIsRefused(int width) {
    assertThatThrownBy(() -> ScanMove.codes(ScanPath.raster(6), width))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("6 tokens")
        .hasMessageContaining("got " + width);
  }
}
