package dev.visionmamba.tasks.restoration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.image.GridTurn;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SelfEnsembleTest {
  private static Tile random(int channels, int height, int width) {
    Random random = new Random(7);
    float[] levels = new float[channels * height * width];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = random.nextFloat();
    }
    return new Tile(channels, height, width, levels);
  }

  @Test
  void whatTreatsAllDirectionsAlikeStaysTheSame() {
    Tile tile = random(3, 4, 7);
    assertThat(new SelfEnsemble(t -> t).restore(tile).levels()).isEqualTo(tile.levels());
  }

  @Test
  void theNetworkSeesEightDifferentTiles() {
    List<List<Object>> seen = new ArrayList<>();
    Tile tile = random(1, 2, 3);
    new SelfEnsemble(
            t -> {
              seen.add(List.of(t.height(), t.width(), Arrays.toString(t.levels())));
              return t;
            })
        .restore(tile);
    assertThat(seen).hasSize(8).doesNotHaveDuplicates();
    assertThat(seen.stream().filter(t -> t.get(0).equals(3))).hasSize(4);
  }

  /** Shifts a picture to the right: of the eight results two each shift to every side. */
  @Test
  void resultsAreTurnedBackAndAveraged() {
    float[] levels = new float[9 * 9];
    levels[4 * 9 + 4] = 1;
    TileFunction shift =
        tile -> {
          float[] out = new float[tile.levels().length];
          System.arraycopy(tile.levels(), 0, out, 1, out.length - 1);
          return new Tile(1, tile.height(), tile.width(), out);
        };
    Tile mean = new SelfEnsemble(shift).restore(new Tile(1, 9, 9, levels));
    float[] expected = new float[81];
    expected[3 * 9 + 4] = 0.25f;
    expected[5 * 9 + 4] = 0.25f;
    expected[4 * 9 + 3] = 0.25f;
    expected[4 * 9 + 5] = 0.25f;
    assertThat(mean.levels()).isEqualTo(expected);
  }

  @Test
  void resultsOfAnotherScaleAreTurnedBack() {
    TileFunction twice =
        tile -> {
          int width = 2 * tile.width();
          float[] out = new float[4 * tile.levels().length];
          for (int i = 0; i < out.length; i++) {
            out[i] = tile.levels()[i / width / 2 * tile.width() + i % width / 2];
          }
          return new Tile(tile.channels(), 2 * tile.height(), width, out);
        };
    Tile tile = random(2, 3, 5);
    Tile mean = new SelfEnsemble(twice).restore(tile);
    assertThat(mean.height()).isEqualTo(6);
    assertThat(mean.levels()).isEqualTo(twice.restore(tile).levels());
  }

  @Test
  void everyTurnIsUndone() {
    Tile tile = random(2, 3, 5);
    for (int orientation = 1; orientation <= GridTurn.COUNT; orientation++) {
      Tile turned = SelfEnsemble.turned(tile, orientation);
      Tile back = SelfEnsemble.turned(turned, GridTurn.inverse(orientation));
      assertThat(back.height()).isEqualTo(3);
      assertThat(back.levels()).isEqualTo(tile.levels());
    }
  }

  @Test
  void resultsOfDifferentShapesAreRefused() {
    assertThatThrownBy(
            () ->
                new SelfEnsemble(t -> new Tile(1, t.width(), 9, new float[9 * t.width()]))
                    .restore(random(1, 2, 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("orientation 5", "must be 1x3x9", "got 1x9x2");
  }
}
