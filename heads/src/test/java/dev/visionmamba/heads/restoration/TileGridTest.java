package dev.visionmamba.heads.restoration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.restoration.TileGrid.Tile;
import dev.visionmamba.heads.restoration.layers.Pixels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileGridTest {

  /** Every pixel four times, and a note of what was asked for. */
  private static final class Twice extends Restorer {
    final List<Shape> seen = new ArrayList<>();

    @Override
    protected NDArray restore(ParameterStore store, NDArray images, boolean training) {
      seen.add(images.getShape());
      return Pixels.channelFirst(Pixels.twice(images.transpose(0, 2, 3, 1)));
    }

    @Override
    public int scale() {
      return 2;
    }

    @Override
    public int channels() {
      return 2;
    }

    @Override
    public int sizeMultiple() {
      return 1;
    }

    @Override
    public int minimalSide() {
      return 3;
    }

    @Override
    public long multiplyAdds(int height, int width) {
      return 0;
    }
  }

  @Test
  void thePublishedGridIsTheReferences() {
    TileGrid grid = TileGrid.of(203, 30, TileGrid.PUBLISHED_SIDE);
    assertThat(grid).isEqualTo(new TileGrid(203, 30, 2, 1));
    assertThat(grid.tileHeight()).isEqualTo(102); // of 204, a row of which is mirrored
    assertThat(grid.tileWidth()).isEqualTo(30);
    assertThat(grid.tiles())
        .containsExactly(new Tile(0, 0, 0, 10, 0, 0), new Tile(102, 0, 10, 0, 0, 0));
    assertThat(TileGrid.of(199, 200, 200)).isEqualTo(new TileGrid(199, 200, 1, 2));
  }

  @ParameterizedTest
  @CsvSource({"7, 9, 200", "40, 9, 20", "43, 61, 20", "20, 20, 20", "5, 100, 4", "31, 29, 7"})
  void tilesMakeTheWholeImage(int height, int width, int longest) {
    try (NDManager manager = NDManager.newBaseManager()) {
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.arange(2f * 2 * height * width).reshape(2, 2, height, width);
      TileGrid grid = TileGrid.of(height, width, longest);
      Twice restorer = new Twice();
      NDArray tiled = grid.restore(restorer, store, images);
      assertThat(restorer.seen).hasSize(grid.rows() * grid.columns());
      assertThat(restorer.seen)
          .allMatch(shape -> shape.get(2) <= Math.min(height + 1, 1.2 * longest + 1));
      NDArray whole = restorer.forward(store, images, false);
      assertThat(tiled.getShape()).isEqualTo(whole.getShape());
      assertThat(tiled.toFloatArray()).isEqualTo(whole.toFloatArray());
      assertThat(tiled.getManager()).isSameAs(images.getManager());
    }
  }

  @Test
  void wrongNumbersAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TileGrid.of(10, 10, 0))
        .withMessageContaining("side");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TileGrid(10, 0, 1, 1))
        .withMessageContaining("width");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TileGrid(4, 4, 9, 1)) // 5 rows of 4 would have to be mirrored
        .withMessageContaining("height");
    try (NDManager manager = NDManager.newBaseManager()) {
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.zeros(new Shape(1, 2, 8, 8));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> TileGrid.of(8, 9, 9).restore(new Twice(), store, images))
          .withMessageContaining("(1, 2, 8, 8)");
    }
  }
}
