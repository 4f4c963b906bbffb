package dev.visionmamba.tasks.restoration;

import dev.visionmamba.tasks.image.GridTurn;
import java.util.Objects;

/**
 * Geometric self-ensemble (Timofte, Rothe and Van Gool, "Seven ways to improve example-based single
 * image super resolution", 2016; the "+" of EDSR+ and its followers): a tile is restored in all
 * eight turns and mirrorings, each result is turned back, and their mean is the result. It takes
 * eight times as long.
 */
public final class SelfEnsemble implements TileFunction {
  private final TileFunction network;

  /**
   * An ensemble around a network.
   *
   * @param network restores each of the turned tiles; it must take sides that are swapped
   */
  public SelfEnsemble(TileFunction network) {
    this.network = Objects.requireNonNull(network, "network");
  }

  /**
   * Restores a tile eight times.
   *
   * @param tile (channels, height, width)
   * @return the mean of the eight results
   * @throws IllegalStateException if the results have different shapes
   */
  @Override
  public Tile restore(Tile tile) {
    Tile first = null;
    // A double holds the sum of eight floats without rounding.
    double[] sums = null;
    for (int orientation = 1; orientation <= GridTurn.COUNT; orientation++) {
      Tile restored =
          turned(network.restore(turned(tile, orientation)), GridTurn.inverse(orientation));
      if (first == null) {
        first = restored;
        sums = new double[restored.levels().length];
      }
      requireSame(first, restored, orientation);
      float[] levels = restored.levels();
      for (int i = 0; i < sums.length; i++) {
        sums[i] += levels[i];
      }
    }
    float[] mean = new float[sums.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sums[i] / GridTurn.COUNT);
    }
    return new Tile(first.channels(), first.height(), first.width(), mean);
  }

  private static void requireSame(Tile first, Tile restored, int orientation) {
    if (restored.channels() != first.channels()
        || restored.height() != first.height()
        || restored.width() != first.width()) {
      throw new IllegalStateException(
          "network: the result of orientation %d must be %dx%dx%d, got %dx%dx%d"
              .formatted(
                  orientation,
                  first.channels(),
                  first.height(),
                  first.width(),
                  restored.channels(),
                  restored.height(),
                  restored.width()));
    }
  }

  /** A tile turned by EXIF's number. */
  static Tile turned(Tile tile, int orientation) {
    if (orientation == 1) {
      return tile;
    }
    GridTurn turn = GridTurn.of(tile.width(), tile.height(), orientation);
    float[] turned = new float[tile.levels().length];
    int plane = tile.width() * tile.height();
    int out = 0;
    for (int c = 0; c < tile.channels(); c++) {
      for (int y = 0; y < turn.height(); y++) {
        for (int x = 0; x < turn.width(); x++) {
          turned[out++] = tile.levels()[c * plane + turn.index(x, y)];
        }
      }
    }
    return new Tile(tile.channels(), turn.height(), turn.width(), turned);
  }
}
