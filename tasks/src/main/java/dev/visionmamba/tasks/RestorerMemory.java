package dev.visionmamba.tasks;

import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.restoration.MemoryBudgetException;
import dev.visionmamba.tasks.restoration.Tile;
import dev.visionmamba.tasks.restoration.Tiling;
import dev.visionmamba.zoo.RestorerModel;
import java.util.Locale;

/**
 * What a network takes for each pixel of a tile, and how large tiles may be within a budget.
 *
 * <p>The bytes a pixel are measured, since they depend on the network, on libtorch's convolutions
 * and on the allocator: a small tile is restored, then one of nine times its pixels, and the growth
 * of the process's peak is shared among the pixels that the second has more. So what is held
 * anyway, the weights and what the first run sets up, is in no pixel's share. A quarter is added
 * for what differs from run to run.
 */
final class RestorerMemory {
  private static final int SMALL = 32;
  private static final int LARGE = 96;
  private static final double RESERVE = 1.25;

  /** Where nothing can be measured: more than any network here took. */
  private static final long UNKNOWN = 96 << 10;

  /** Below this a measurement has missed what was in memory that the allocator had kept. */
  private static final long LEAST = 2 << 10;

  private RestorerMemory() {}

  /** Bytes that the network takes at its peak for each pixel of a tile. */
  static long bytesPerPixel(RestorerModel model) {
    int channels = model.network().channels();
    RestorerTiles tiles = new RestorerTiles(model);
    if (!ProcessMemory.resetPeak()) {
      return UNKNOWN;
    }
    tiles.restore(square(channels, SMALL));
    double before = ProcessMemory.peakResidentMegabytes();
    tiles.restore(square(channels, LARGE));
    double grown = 1e6 * (ProcessMemory.peakResidentMegabytes() - before);
    if (before < 0) {
      return UNKNOWN;
    }
    int more = LARGE * LARGE - SMALL * SMALL;
    return Math.max(LEAST, (long) Math.ceil(RESERVE * grown / more));
  }

  private static Tile square(int channels, int side) {
    float[] levels = new float[channels * side * side];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = i % 7 / 7f;
    }
    return new Tile(channels, side, side, levels);
  }

  /**
   * How large tiles are.
   *
   * @throws MemoryBudgetException if the process holds more than the budget already
   */
  static Tiling tiling(
      RestorerModel model, DeepImage picture, RestorerOptions options, long networkBytes) {
    int multiple = model.network().sizeMultiple();
    int longest =
        Math.max(options.longestTile(), roundUp(Math.max(1, 2 * options.overlap()), multiple));
    if (options.memoryBytes() == 0) {
      return Tiling.ofSide(longest, options.overlap(), multiple);
    }
    long scale = model.network().scale();
    // Floats of a tile and its result in Java's memory; of an ensemble also the turned ones and
    // their sums in doubles.
    long copies = options.ensemble() ? 5 : 2;
    long bytesPerPixel = networkBytes + 4 * picture.colours() * copies * (1 + scale * scale);
    long held = held(picture, scale);
    long rest = options.memoryBytes() - held;
    if (rest < 1) {
      throw new MemoryBudgetException(
          String.format(
              Locale.ROOT,
              "to hold a picture of %dx%d pixels and what becomes of it takes %,d bytes of memory"
                  + " already, and the budget is %,d; allow more, or start java with a smaller heap"
                  + " (-Xms)",
              picture.width(),
              picture.height(),
              held,
              options.memoryBytes()),
          held + 1);
    }
    return new Tiling(longest, rest, bytesPerPixel, options.overlap(), multiple);
  }

  /** What the process holds beside tiles, with the result, and what Java's heap may still touch. */
  private static long held(DeepImage picture, long scale) {
    double resident = ProcessMemory.residentMegabytes();
    if (resident < 0) {
      return 0;
    }
    long result =
        scale
            * scale
            * picture.width()
            * picture.height()
            * picture.channels()
            * (picture.levels().bits() / 8);
    Runtime runtime = Runtime.getRuntime();
    return (long) (1e6 * resident) + result + runtime.freeMemory();
  }

  private static int roundUp(int side, int multiple) {
    return (side + multiple - 1) / multiple * multiple;
  }
}
