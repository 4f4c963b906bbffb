package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class ScanPathTest {

  @Test
  void visitsTheTokensInTheOrderGiven() {
    ScanPath path = ScanPath.of(5, 3, 0, 4);
    assertThat(path.steps()).isEqualTo(3);
    assertThat(path.tokens()).isEqualTo(5);
    assertThat(path.order()).containsExactly(3, 0, 4);
    assertThat(path.token(0)).isEqualTo(3);
    assertThat(path.token(2)).isEqualTo(4);
  }

  @Test
  void rasterVisitsTheTokensAsTheyLie() {
    assertThat(ScanPath.raster(4)).isEqualTo(ScanPath.of(4, 0, 1, 2, 3));
    assertThat(ScanPath.raster(1).order()).containsExactly(0);
  }

  @Test
  void reversedWalksFromTheEndToTheStart() {
    ScanPath path = ScanPath.of(6, 5, 1, 2);
    assertThat(path.reversed()).isEqualTo(ScanPath.of(6, 2, 1, 5));
    assertThat(path.reversed().reversed()).isEqualTo(path);
    assertThat(path.order()).containsExactly(5, 1, 2);
  }

  @Test
  void keepsNoReferenceToTheCallersOrder() {
    int[] order = {1, 0};
    ScanPath path = ScanPath.of(2, order);
    order[0] = 7;
    path.order()[1] = 7;
    assertThat(path.order()).containsExactly(1, 0);
  }

  @Test
  void isEqualByItsOrderAndItsTokens() {
    ScanPath path = ScanPath.of(3, 2, 0);
    assertThat(path).isEqualTo(ScanPath.of(3, 2, 0)).hasSameHashCodeAs(ScanPath.of(3, 2, 0));
    assertThat(path).isNotEqualTo(ScanPath.of(4, 2, 0));
    assertThat(path).isNotEqualTo(ScanPath.of(3, 0, 2));
    assertThat(path).isNotEqualTo("ScanPath(2 steps over 3 tokens)");
    assertThat(path).hasToString("ScanPath(2 steps over 3 tokens)");
  }

  @Test
  void refusesTokensThatDoNotExist() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.of(3, 0, 3))
        .withMessage("step 1 visits token 3, but tokens are 0..2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.of(3, -1))
        .withMessage("step 0 visits token -1, but tokens are 0..2");
  }

  @Test
  void refusesToVisitATokenTwice() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.of(3, 1, 2, 1))
        .withMessage("step 2 visits token 1 a second time");
  }

  @Test
  void refusesToBeEmpty() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.of(3))
        .withMessage("a path needs at least one token and one step, got 3 tokens and 0 steps");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanPath.raster(0))
        .withMessageContaining("got 0 tokens");
  }
}
