package dev.visionmamba.heads.layers;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone.LevelShape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What parts of a network say of levels that do not fit. */
class LevelsTest {
  private static final List<LevelShape> LEVELS =
      List.of(new LevelShape(4, 8), new LevelShape(6, 16));
  private static final Shape FINE = new Shape(2, 4, 10, 8);
  private static final Shape COARSE = new Shape(2, 6, 5, 4);

  @Test
  void mapsThatFitAreTaken() {
    assertThatCode(() -> Levels.requireMaps("a head", LEVELS, new Shape[] {FINE, COARSE}))
        .doesNotThrowAnyException();
  }

  @Test
  void mapsOfAnotherKindAreRefused() {
    refuse(FINE);
    refuse(FINE, COARSE, COARSE);
    refuse(COARSE, FINE);
    refuse(FINE, new Shape(1, 6, 5, 4));
    refuse(FINE, new Shape(2, 6, 0, 4));
    refuse(FINE, new Shape(2, 6, 5, 0));
    refuse(FINE, new Shape(2, 6, 5));
  }

  private static void refuse(Shape... maps) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Levels.requireMaps("a neck", LEVELS, maps))
        .withMessage(
            "a neck's maps must be (batch, channels, height, width) with [4, 6] channels, got "
                + List.of(maps));
  }

  @Test
  void partsThatDoNotFitAreNamed() {
    assertThatCode(() -> Levels.requireFit("the neck", LEVELS, List.copyOf(LEVELS)))
        .doesNotThrowAnyException();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Levels.requireFit("the neck", LEVELS, LEVELS.subList(0, 1)))
        .withMessageStartingWith("the neck reads the levels [LevelShape[channels=4, stride=8], ")
        .withMessageEndingWith("but is given [LevelShape[channels=4, stride=8]]");
  }
}
