package dev.visionmamba.scans;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StrategyNamesTest {

  @Test
  void everyNameIsKnown() {
    assertThat(ScanStrategies.names())
        .containsExactly(
            "raster",
            "bidirectional",
            "cross",
            "continuous",
            "atrous",
            "window",
            "local",
            "diagonal",
            "hilbert");
    for (String name : ScanStrategies.names()) {
      assertThat(ScanStrategies.named(name).paths(4, 6)).isNotEmpty();
      assertThat(ScanStrategies.description(name)).isNotBlank().doesNotContain("%", "null");
    }
  }

  @Test
  void namesStandForTheValues() {
    assertThat(ScanStrategies.named("raster")).isSameAs(ScanStrategies.RASTER);
    assertThat(ScanStrategies.named("bidirectional")).isSameAs(ScanStrategies.BIDIRECTIONAL);
    assertThat(ScanStrategies.named("cross")).isSameAs(ScanStrategies.CROSS);
    assertThat(ScanStrategies.named("continuous")).isSameAs(ScanStrategies.CONTINUOUS);
    assertThat(ScanStrategies.named("diagonal")).isSameAs(ScanStrategies.DIAGONAL);
    assertThat(ScanStrategies.named("hilbert")).isSameAs(ScanStrategies.HILBERT);
  }

  @Test
  void namesTakeParameters() {
    assertSame("atrous", ScanStrategies.atrous(2));
    assertSame("atrous-3", ScanStrategies.atrous(3));
    assertSame("window", ScanStrategies.window(2));
    assertSame("window-4", ScanStrategies.window(4));
    assertSame("local", ScanStrategies.local("h", "h_flip", "w2", "w2_flip"));
    assertSame("local-h-v_flip-w2-w7", ScanStrategies.local("h", "v_flip", "w2", "w7"));
  }

  private static void assertSame(String name, ScanStrategy strategy) {
    assertThat(ScanStrategies.named(name).paths(9, 11)).isEqualTo(strategy.paths(9, 11));
  }

  @Test
  void descriptionsSayTheParameters() {
    assertThat(ScanStrategies.description("window-4")).contains("4 x 4").contains("2403.09338");
    assertThat(ScanStrategies.description("atrous")).contains("2 apart").contains("2403.09977");
    assertThat(ScanStrategies.description("local-h-w7")).contains("directions h, w7 (");
  }

  @ParameterizedTest
  @CsvSource({
    "cros, cross",
    "Cross, cross",
    "cross-3, cross",
    "windows-4, window",
    "hilberd, hilbert",
    "bidrectional, bidirectional",
    "'', cross"
  })
  void anUnknownNameGetsTheNearest(String name, String nearest) {
    assertThatThrownBy(() -> ScanStrategies.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("no scan strategy \"" + name + "\"; did you mean " + nearest + "?")
        .hasMessageContainingAll(ScanStrategies.names().toArray(CharSequence[]::new));
    assertThatThrownBy(() -> ScanStrategies.description(name))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"atrous-", "atrous-0", "atrous-two", "atrous-2-2", "window--1", "window-1e3"})
  void badParametersAreNamed(String name) {
    assertThatThrownBy(() -> ScanStrategies.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("whole number");
  }

  @ParameterizedTest
  @ValueSource(strings = {"local-", "local-h--v", "local-x"})
  void badLocalDirectionsAreNamed(String name) {
    assertThatThrownBy(() -> ScanStrategies.named(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no local direction");
  }
}
