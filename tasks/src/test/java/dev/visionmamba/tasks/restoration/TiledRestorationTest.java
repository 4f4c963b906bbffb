package dev.visionmamba.tasks.restoration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Levels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tiles must not show: the whole picture as one tile is the measure. */
class TiledRestorationTest {
  private static final int[][] SIZES = {
    {1, 1}, {1, 37}, {41, 1}, {2, 3}, {7, 90}, {31, 33}, {64, 64}, {101, 67}, {50, 131}
  };

  private static DeepImage random(int width, int height, int colours, boolean alpha, int bits) {
    int count = width * height * (colours + (alpha ? 1 : 0));
    Levels levels = Levels.allocate(bits, count);
    Random random = new Random(31L * width + height);
    for (int i = 0; i < count; i++) {
      levels.set(i, random.nextInt(levels.max() + 1));
    }
    return new DeepImage(width, height, colours, alpha, levels);
  }

  /** Each pixel on its own, to scale x scale pixels. */
  private static TileFunction perPixel(int scale) {
    return tile -> {
      int height = scale * tile.height();
      int width = scale * tile.width();
      float[] out = new float[tile.channels() * height * width];
      for (int i = 0; i < out.length; i++) {
        int x = i % width;
        int y = i / width % height;
        int c = i / width / height;
        float level = tile.levels()[(c * tile.height() + y / scale) * tile.width() + x / scale];
        out[i] = (float) Math.sqrt(level) * (1 + 0.1f * (x % scale)) - 0.05f * (y % scale);
      }
      return new Tile(tile.channels(), height, width, out);
    };
  }

  /** The mean of a square window, cut at the tile's border. */
  private static TileFunction mean(int radius) {
    return tile -> {
      float[] out = new float[tile.levels().length];
      for (int i = 0; i < out.length; i++) {
        int x = i % tile.width();
        int y = i / tile.width() % tile.height();
        int plane = i - y * tile.width() - x;
        double sum = 0;
        int count = 0;
        for (int v = Math.max(0, y - radius); v <= Math.min(tile.height() - 1, y + radius); v++) {
          for (int u = Math.max(0, x - radius); u <= Math.min(tile.width() - 1, x + radius); u++) {
            sum += tile.levels()[plane + v * tile.width() + u];
            count++;
          }
        }
        out[i] = (float) (sum / count);
      }
      return new Tile(tile.channels(), tile.height(), tile.width(), out);
    };
  }

  private static Tiling whole() {
    return Tiling.ofSide(1000, 0, 1);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 8, 8, 0, 1",
    "1, 8, 16, 4, 8",
    "1, 16, 32, 9, 4",
    "2, 8, 8, 3, 2",
    "3, 16, 20, 10, 10",
    "4, 8, 48, 1, 16",
    "2, 16, 128, 32, 64"
  })
  void pixelsOnTheirOwnAreAsWithoutTiles(int scale, int bits, int side, int overlap, int multiple) {
    for (int[] size : SIZES) {
      DeepImage picture = random(size[0], size[1], scale == 3 ? 1 : 3, false, bits);
      DeepImage tiled =
          new TiledRestoration(perPixel(scale), scale, Tiling.ofSide(side, overlap, multiple))
              .restore(picture);
      DeepImage expected = new TiledRestoration(perPixel(scale), scale, whole()).restore(picture);
      assertThat(tiled).as("%dx%d", size[0], size[1]).isEqualTo(expected);
      assertThat(tiled.width()).isEqualTo(scale * size[0]);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 8, 4, 1", "1, 16, 8, 4", "2, 24, 8, 1", "3, 32, 14, 2", "4, 40, 16, 8"})
  void aWindowInsideTheContextIsAsWithoutTiles(int radius, int side, int overlap, int multiple) {
    for (int[] size : new int[][] {{101, 67}, {50, 131}, {40, 200}, {64, 80}}) {
      // Sides that are multiples, so that no tile is wider than the picture.
      int width = size[0] / multiple * multiple;
      int height = size[1] / multiple * multiple;
      for (int bits : new int[] {8, 16}) {
        DeepImage picture = random(width, height, 1, false, bits);
        DeepImage tiled =
            new TiledRestoration(mean(radius), 1, Tiling.ofSide(side, overlap, multiple))
                .restore(picture);
        DeepImage expected = new TiledRestoration(mean(radius), 1, whole()).restore(picture);
        assertThat(tiled).as("%dx%d", width, height).isEqualTo(expected);
      }
    }
  }

  @Test
  void aWindowBeyondTheContextIsBlended() {
    // The network sees where its tile is: each tile has a level of its own.
    AtomicInteger calls = new AtomicInteger();
    TileFunction network =
        tile -> {
          float[] out = new float[tile.levels().length];
          Arrays.fill(out, calls.getAndIncrement() % 2);
          return new Tile(1, tile.height(), tile.width(), out);
        };
    DeepImage picture = random(28, 1, 1, false, 8);
    DeepImage tiled = new TiledRestoration(network, 1, Tiling.ofSide(16, 8, 1)).restore(picture);
    assertThat(calls).hasValue(3);
    // Tiles are 15 wide from 0, 6 and 13 on; they share 9 and 8; ramps are 4 long from 8 and 15.
    int[] expected = new int[28];
    int[] ramp = {32, 96, 159, 223};
    for (int x = 0; x < 28; x++) {
      expected[x] = x < 8 || x >= 19 ? 0 : 255;
    }
    for (int k = 0; k < 4; k++) {
      expected[8 + k] = ramp[k];
      expected[15 + k] = ramp[3 - k];
    }
    for (int x = 0; x < 28; x++) {
      assertThat(tiled.level(x, 0, 0)).as("column %d", x).isCloseTo(expected[x], within1());
    }
  }

  private static Offset<Integer> within1() {
    return within(1);
  }

  @Test
  void everyLevelAndAlphaPassUnchanged() {
    TileFunction identity = tile -> tile;
    for (int bits : new int[] {8, 16}) {
      for (int colours : new int[] {1, 3}) {
        for (boolean alpha : new boolean[] {false, true}) {
          DeepImage picture = random(256, 257, colours, alpha, bits);
          DeepImage restored =
              new TiledRestoration(identity, 1, Tiling.ofSide(48, 10, 8)).restore(picture);
          assertThat(restored).isEqualTo(picture);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16})
  void alphaIsResizedByTheBicubicKernel(int bits) {
    DeepImage picture = random(33, 18, 3, true, bits);
    TiledRestoration restoration = new TiledRestoration(perPixel(2), 2, Tiling.ofSide(16, 4, 4));
    DeepImage restored = restoration.restore(picture);
    assertThat(restored.alphaAsGrey())
        .isEqualTo(picture.alphaAsGrey().resize(66, 36, Interpolation.BICUBIC));
    assertThat(restored.opaque()).isEqualTo(restoration.restore(picture.opaque()));
  }

  @Test
  void levelsBeyondBlackAndWhiteAreCut() {
    TileFunction stretched =
        tile -> {
          float[] out = new float[tile.levels().length];
          for (int i = 0; i < out.length; i++) {
            out[i] = 3 * tile.levels()[i] - 1;
          }
          return new Tile(tile.channels(), tile.height(), tile.width(), out);
        };
    DeepImage picture =
        new DeepImage(4, 1, 1, false, Levels.of(new byte[] {0, 85, 120, (byte) 255}));
    DeepImage restored = new TiledRestoration(stretched, 1, whole()).restore(picture);
    assertThat(restored.levels()).isEqualTo(Levels.of(new byte[] {0, 0, 105, (byte) 255}));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void tilesKeepTheMultipleAndAreReflected(int colours) {
    for (int[] size : SIZES) {
      List<Tile> tiles = new ArrayList<>();
      DeepImage picture = random(size[0], size[1], colours, true, 8);
      TileFunction network =
          tile -> {
            tiles.add(tile);
            return tile;
          };
      new TiledRestoration(network, 1, Tiling.ofSide(48, 8, 16)).restore(picture);
      for (Tile tile : tiles) {
        assertThat(tile.channels()).isEqualTo(colours);
        assertThat(tile.height() % 16 + tile.width() % 16).isZero();
        assertThat(tile.height()).isLessThanOrEqualTo(48);
        assertThat(tile.width()).isLessThanOrEqualTo(48);
      }
      // What lies beyond the end mirrors what lies before it.
      Tile first = tiles.get(0);
      for (int x = 0; x < first.width(); x++) {
        int last = size[0] - 1;
        int column = last > 0 ? x : 0;
        while (last > 0 && (column > last || column < 0)) {
          column = column > last ? 2 * last - column : -column;
        }
        assertThat(first.levels()[x]).isEqualTo(picture.level(column, 0, 0) / 255f);
      }
    }
  }

  @Test
  void progressCountsTheTiles() {
    List<String> told = new ArrayList<>();
    DeepImage picture = random(30, 20, 1, false, 8);
    TiledRestoration restoration = new TiledRestoration(tile -> tile, 1, Tiling.ofSide(16, 0, 1));
    restoration.restore(picture, (done, all) -> told.add(done + "/" + all));
    assertThat(told).containsExactly("1/4", "2/4", "3/4", "4/4");
    assertThatThrownBy(
            () ->
                restoration.restore(
                    picture,
                    (done, all) -> {
                      throw new IllegalStateException("enough at " + done);
                    }))
        .hasMessage("enough at 1");
  }

  @ParameterizedTest
  @CsvSource({
    "64, 64, 4096, 8, 8",
    "20, 500, 2048, 16, 4",
    "500, 20, 2048, 16, 4",
    "300, 300, 1024, 16, 32",
    "301, 205, 1600, 3, 7",
    "5, 5, 64, 0, 8"
  })
  void noTileExceedsTheBudget(int width, int height, int pixels, int overlap, int multiple) {
    long bytesPerPixel = 1234;
    List<Tile> tiles = new ArrayList<>();
    TileFunction network =
        tile -> {
          assertThat(tile.height() * tile.width()).isLessThanOrEqualTo(pixels);
          assertThat(tile.height() % multiple + tile.width() % multiple).isZero();
          tiles.add(tile);
          return perPixel(1).restore(tile);
        };
    DeepImage picture = random(width, height, 1, false, 8);
    Tiling tiling = Tiling.ofBudget(pixels * bytesPerPixel, bytesPerPixel, overlap, multiple);
    DeepImage restored = new TiledRestoration(network, 1, tiling).restore(picture);
    assertThat(restored).isEqualTo(new TiledRestoration(perPixel(1), 1, whole()).restore(picture));
    // A budget is used: four times as many pixels as are there would be a waste.
    long seen = tiles.stream().mapToLong(tile -> (long) tile.height() * tile.width()).sum();
    assertThat(seen).isLessThan(4L * (width + multiple) * (height + multiple));
  }

  @Test
  void aLongNarrowPictureHasLongTiles() {
    List<Tile> tiles = new ArrayList<>();
    TileFunction network =
        tile -> {
          tiles.add(tile);
          return tile;
        };
    new TiledRestoration(network, 1, Tiling.ofBudget(8 * 512, 1, 16, 4))
        .restore(random(1000, 8, 1, false, 8));
    assertThat(tiles).hasSize(2).allMatch(tile -> tile.height() == 8 && tile.width() == 508);
  }

  @Test
  void theSmallestBudgetIsToldAndIsEnough() {
    for (int[] size : new int[][] {{300, 200}, {300, 9}, {9, 300}, {20, 15}, {1, 1}, {41, 300}}) {
      DeepImage picture = random(size[0], size[1], 1, false, 8);
      // The smallest tile is 40x40, or the picture where that is smaller.
      long needed =
          100L * Math.min(40, (size[0] + 7) / 8 * 8) * Math.min(40, (size[1] + 7) / 8 * 8);
      TiledRestoration tooSmall =
          new TiledRestoration(tile -> tile, 1, Tiling.ofBudget(needed - 1, 100, 17, 8));
      assertThatThrownBy(() -> tooSmall.restore(picture))
          .isInstanceOfSatisfying(
              MemoryBudgetException.class, e -> assertThat(e.neededBytes()).isEqualTo(needed))
          .hasMessageContainingAll(
              size[0] + "x" + size[1], "needs " + needed, "got " + (needed - 1));
      assertThat(
              new TiledRestoration(tile -> tile, 1, Tiling.ofBudget(needed, 100, 17, 8))
                  .restore(picture))
          .isEqualTo(picture);
    }
    TiledRestoration absurd =
        new TiledRestoration(tile -> tile, 1, Tiling.ofBudget(5, Long.MAX_VALUE, 0, 4));
    assertThatThrownBy(() -> absurd.restore(random(9, 9, 1, false, 8)))
        .isInstanceOf(MemoryBudgetException.class)
        .hasMessageContaining("needs " + Long.MAX_VALUE);
  }

  @Test
  void wrongResultsOfANetworkAreToldOf() {
    DeepImage picture = random(6, 5, 3, false, 8);
    assertThatThrownBy(() -> new TiledRestoration(tile -> tile, 2, whole()).restore(picture))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("network: a tile of 3x5x6 at scale 2 must give 3x10x12, got 3x5x6");
    TileFunction nothing =
        tile -> {
          float[] out = tile.levels().clone();
          out[40] = Float.NaN;
          return new Tile(3, 5, 6, out);
        };
    assertThatThrownBy(() -> new TiledRestoration(nothing, 1, whole()).restore(picture))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContainingAll("channel 1", "not a number", "row 1");
    assertThatThrownBy(() -> new TiledRestoration(tile -> tile, 40_000, whole()).restore(picture))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too many");
  }

  @Test
  void wrongArgumentsAreToldOf() {
    assertThatThrownBy(() -> new TiledRestoration(tile -> tile, 0, whole()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("got 0");
    assertThatThrownBy(() -> Tiling.ofSide(39, 20, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("at least 40", "got 39");
    assertThatThrownBy(() -> Tiling.ofSide(47, 20, 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("at least 48", "got 47");
    assertThatThrownBy(() -> Tiling.ofSide(47, -1, 16))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("overlap");
    assertThatThrownBy(() -> Tiling.ofBudget(0, 4, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("budgetBytes");
    assertThatThrownBy(() -> new Tile(3, 2, 2, new float[11]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("12 levels", "got 11");
  }
}
