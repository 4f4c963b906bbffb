package dev.visionmamba.tasks.restoration;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Levels;
import java.util.Objects;

/**
 * Restores pictures of any size by a network that is given tiles. The picture and its result are
 * kept as bytes or shorts; floats are only the tile at hand, its result, and what neighbouring
 * tiles share. Results are cut to 0..1 and rounded to the nearest level of the picture's own depth.
 *
 * <p>Alpha does not go through the network: it is copied, or resized by a bicubic kernel where the
 * result is larger. The network is given as many channels as the picture has colours; {@link
 * DeepImage#toRgb} and {@link DeepImage#toGrey} make them fit.
 *
 * <p>Safe for use by several threads if the network is.
 */
public final class TiledRestoration {
  private static final TileProgress SILENT = (done, all) -> {};

  private final TileFunction network;
  private final int scale;
  private final Tiling tiling;

  /**
   * A way to restore.
   *
   * @param network what restores a tile, perhaps with {@link SelfEnsemble}
   * @param scale how many times higher and wider its results are: 1 for denoising, 2 to 4 for
   *     super-resolution
   * @param tiling how large its tiles are
   * @throws IllegalArgumentException if the scale is below 1
   */
  public TiledRestoration(TileFunction network, int scale, Tiling tiling) {
    this.network = Objects.requireNonNull(network, "network");
    this.tiling = Objects.requireNonNull(tiling, "tiling");
    if (scale < 1) {
      throw new IllegalArgumentException("scale must be at least 1, got " + scale);
    }
    this.scale = scale;
  }

  /**
   * Restores a picture.
   *
   * @param picture any picture
   * @return the result: scale times as high and wide, of the same colours, depth and alpha
   * @throws MemoryBudgetException if not even the smallest tile fits into the budget
   * @throws IllegalArgumentException if the result has over {@link Integer#MAX_VALUE} levels
   * @throws IllegalStateException if the network's result has another shape than it should, or
   *     holds a level that is not a number
   */
  public DeepImage restore(DeepImage picture) {
    return restore(picture, SILENT);
  }

  /**
   * Restores a picture and tells of each tile.
   *
   * @param picture any picture
   * @param progress is told after each tile, on this thread
   * @return the result
   * @throws MemoryBudgetException if not even the smallest tile fits into the budget
   * @throws IllegalArgumentException if the result has over {@link Integer#MAX_VALUE} levels
   * @throws IllegalStateException if the network's result has another shape than it should, or
   *     holds a level that is not a number
   */
  public DeepImage restore(DeepImage picture, TileProgress progress) {
    TileAxes grid = tiling.grid(picture.height(), picture.width());
    Levels levels = resultLevels(picture);
    TileBlending blending = new TileBlending(grid, scale, picture, levels);
    int done = 0;
    for (int row = 0; row < grid.rows().count(); row++) {
      for (int column = 0; column < grid.columns().count(); column++) {
        Tile tile = cut(picture, grid.rows().pixels(row), grid.columns().pixels(column));
        Tile restored = network.restore(tile);
        requireShape(tile, restored);
        blending.add(row, column, restored);
        progress.tileDone(++done, grid.count());
      }
    }
    DeepImage result =
        new DeepImage(
            scale * picture.width(),
            scale * picture.height(),
            picture.colours(),
            picture.alpha(),
            levels);
    if (picture.alpha()) {
      copyAlpha(picture, result);
    }
    return result;
  }

  private Levels resultLevels(DeepImage picture) {
    long width = (long) scale * picture.width();
    long height = (long) scale * picture.height();
    // In this order no product can overflow.
    if (width > Integer.MAX_VALUE
        || height > Integer.MAX_VALUE
        || width * height > Integer.MAX_VALUE / picture.channels()) {
      throw new IllegalArgumentException(
          "%s at scale %d gives %dx%d pixels, too many for a picture"
              .formatted(picture, scale, width, height));
    }
    return Levels.allocate(picture.levels().bits(), width * height * picture.channels());
  }

  private static Tile cut(DeepImage picture, int[] rows, int[] columns) {
    Levels levels = picture.levels();
    int step = picture.channels();
    float max = levels.max();
    float[] planes =
        new float
            [Math.multiplyExact(
                picture.colours(), Math.multiplyExact(rows.length, columns.length))];
    int out = 0;
    for (int c = 0; c < picture.colours(); c++) {
      for (int row : rows) {
        int first = row * picture.width();
        for (int column : columns) {
          planes[out++] = levels.get((first + column) * step + c) / max;
        }
      }
    }
    return new Tile(picture.colours(), rows.length, columns.length, planes);
  }

  private void requireShape(Tile tile, Tile restored) {
    if (restored.channels() != tile.channels()
        || restored.height() != scale * tile.height()
        || restored.width() != scale * tile.width()) {
      throw new IllegalStateException(
          "network: a tile of %dx%dx%d at scale %d must give %dx%dx%d, got %dx%dx%d"
              .formatted(
                  tile.channels(),
                  tile.height(),
                  tile.width(),
                  scale,
                  tile.channels(),
                  scale * tile.height(),
                  scale * tile.width(),
                  restored.channels(),
                  restored.height(),
                  restored.width()));
    }
  }

  private static void copyAlpha(DeepImage picture, DeepImage result) {
    Levels alpha =
        picture
            .alphaAsGrey()
            .resize(result.width(), result.height(), Interpolation.BICUBIC)
            .levels();
    int step = result.channels();
    for (int in = 0, out = step - 1; in < alpha.length(); in++, out += step) {
      result.levels().set(out, alpha.get(in));
    }
  }
}
