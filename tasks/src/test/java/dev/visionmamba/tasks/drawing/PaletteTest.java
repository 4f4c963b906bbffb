package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaletteTest {

  @ParameterizedTest
  @CsvSource({"2, 100", "10, 45", "20, 35", "80, 18", "256, 8"})
  void coloursCanBeToldApart(int count, double leastDistance) {
    Palette palette = Palette.distinct(count);
    assertThat(palette.size()).isEqualTo(count);
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < i; j++) {
        assertThat(Palette.distance(palette.colour(i), palette.colour(j)))
            .as("%d and %d", i, j)
            .isGreaterThan(leastDistance);
      }
    }
  }

  @Test
  void fewColoursAreTheBeginningOfMany() {
    Palette many = Palette.distinct(80);
    Palette few = Palette.distinct(7);
    for (int i = 0; i < 7; i++) {
      assertThat(few.colour(i)).isEqualTo(many.colour(i));
    }
    assertThat(few.colour(7)).isEqualTo(few.colour(0));
    assertThat(Palette.distinct(1000).size()).isEqualTo(Palette.MOST_DISTINCT);
  }

  @Test
  void distancesAreThoseOfCielab() {
    // Black to white is 100; pure red lies at L 53.24, a 80.09, b 67.20.
    assertThat(Palette.distance(Color.BLACK, Color.WHITE)).isBetween(99.99, 100.01);
    assertThat(Palette.distance(Color.BLACK, Color.RED))
        .isBetween(Math.sqrt(53.24 * 53.24 + 80.09 * 80.09 + 67.2 * 67.2) - 0.2, 117.6);
  }

  @Test
  void inkIsReadOnEveryColour() {
    for (Palette palette : List.of(Palette.distinct(256), Palette.ade20k())) {
      for (int i = 0; i < palette.size(); i++) {
        Color ground = palette.colour(i);
        double a = Palette.luminance(ground) + 0.05;
        double b = Palette.luminance(Palette.inkOn(ground)) + 0.05;
        assertThat(Math.max(a, b) / Math.min(a, b)).as("%s", ground).isGreaterThan(4.5);
      }
    }
  }

  @Test
  void publishedColoursAreInTheirOrder() {
    Palette ade = Palette.ade20k();
    assertThat(ade.size()).isEqualTo(150);
    assertThat(ade.colour(0)).isEqualTo(new Color(120, 120, 120));
    assertThat(ade.colour(2)).isEqualTo(new Color(6, 230, 230));
    assertThat(ade.colour(149)).isEqualTo(new Color(92, 0, 255));
  }

  @Test
  void publishedNamesAreInTheirOrder() {
    assertThat(ClassNames.coco()).hasSize(80).doesNotHaveDuplicates();
    assertThat(ClassNames.coco().get(0)).isEqualTo("person");
    assertThat(ClassNames.coco().get(11)).isEqualTo("stop sign");
    assertThat(ClassNames.coco().get(79)).isEqualTo("toothbrush");
    assertThat(ClassNames.cocoCategories().get(11).id()).isEqualTo(13);
    assertThat(ClassNames.cocoCategories().get(79).id()).isEqualTo(90);
    assertThat(new HashSet<>(ClassNames.cocoCategories())).hasSize(80);
    assertThat(ClassNames.ade20k()).hasSize(150);
    assertThat(ClassNames.ade20k().get(0)).isEqualTo("wall");
    assertThat(ClassNames.ade20k().get(12)).isEqualTo("person");
    assertThat(ClassNames.ade20k().get(44)).isEqualTo("chest of drawers");
    assertThat(ClassNames.ade20k().get(149)).isEqualTo("flag");
  }

  @Test
  void emptyPalettesAreRefused() {
    assertThatThrownBy(() -> Palette.distinct(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Palette.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void classesHaveTheirDataSetsColoursAndBackgroundIsGrey() {
    assertThat(Palette.forClasses(ClassNames.ade20k()).colour(0))
        .isEqualTo(Palette.ade20k().colour(0));
    Palette palette = Palette.forClasses(List.of("background", "boot", "bag"));
    Palette distinct = Palette.distinct(3);
    assertThat(palette.colour(0).getRed()).isEqualTo(palette.colour(0).getBlue()).isLessThan(80);
    assertThat(palette.colour(1)).isEqualTo(distinct.colour(0));
    assertThat(palette.colour(2)).isEqualTo(distinct.colour(1));
    assertThat(Palette.forClasses(ClassNames.coco()).size()).isEqualTo(80);
  }
}
