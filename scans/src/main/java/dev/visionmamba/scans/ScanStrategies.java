package dev.visionmamba.scans;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The published ways of walking a grid, as values, and by name. All of them are {@linkplain #cached
 * cached}, and refuse grids without cells and grids of more tokens than an int counts with an
 * {@link IllegalArgumentException}.
 */
public final class ScanStrategies {

  /** Grids of so many sizes are remembered by a cached strategy; more are computed anew. */
  private static final int CACHED_SIZES = 64;

  /** One direction, row by row from the top left: the order in which the tokens lie. */
  public static final ScanStrategy RASTER = directions(Sweeps::rows);

  /** Raster order and its reverse (Vim, arXiv:2401.09417, section 3.3). */
  public static final ScanStrategy BIDIRECTIONAL = RASTER.then(RASTER.reversed());

  /**
   * The cross-scan of SS2D: row by row, column by column, then both in the same order reversed
   * (VMamba, arXiv:2401.10166).
   */
  public static final ScanStrategy CROSS = thereAndBack(Sweeps::rows, Sweeps::columns);

  /**
   * Continuous 2D scanning: every step leads to a neighbour (PlainMamba, arXiv:2403.17695). Rows to
   * and fro from the top left, that reversed, columns to and fro from the top left, that reversed.
   * {@link ScanMove#codes} gives the moves.
   */
  public static final ScanStrategy CONTINUOUS =
      thereAndBack(Sweeps::rowSerpentine).then(thereAndBack(Sweeps::columnSerpentine));

  /**
   * The diagonals: from the top left corner to the bottom right one along the lines from upper
   * right to lower left, from the top right corner to the bottom left one along the lines from
   * upper left to lower right, then both in the same order reversed. All lines of a direction are
   * walked in the same sense. (RS-Mamba, arXiv:2404.02668, adds diagonals to the cross-scan; the
   * order here is this project's.)
   */
  public static final ScanStrategy DIAGONAL =
      thereAndBack(Sweeps::antidiagonals, Sweeps::diagonals);

  /**
   * A Hilbert curve and its reverse: every step leads to a neighbour, and what is near on the curve
   * is near on the grid. From the top left corner to the other end of the longer side; on a grid
   * whose longer side is odd and whose shorter side is even, where no such curve exists, to the
   * other end of the shorter one. (FractalMamba, arXiv:2405.14480, scans along Hilbert curves; the
   * curve on grids of any size is this project's.)
   */
  public static final ScanStrategy HILBERT = thereAndBack(HilbertCurve::path);

  private ScanStrategies() {}

  /**
   * The atrous, or skipping, scan: one direction for each of the step * step sub-grids, forward
   * only, so that each token is visited by one direction (ES2D, EfficientVMamba, arXiv:2403.09977,
   * section 4.1, whose step is 2). The sub-grid of offset (row r, column c) is direction {@code c *
   * step + r}; even directions go row by row, odd ones column by column.
   *
   * <p>The grid is taken as it is: the reference pads odd grids to even ones, which is the layout
   * of the tokens, not the walk. A sub-grid without cells, on a grid with fewer rows or columns
   * than the step, is left out, so there may be fewer directions.
   *
   * @param step how far apart the rows and the columns of a sub-grid are, at least 1
   * @return the strategy; each call makes one with a memory of its own
   * @throws IllegalArgumentException if the step is below 1
   */
  public static ScanStrategy atrous(int step) {
    if (step < 1) {
      throw new IllegalArgumentException("step must be at least 1, got " + step);
    }
    return cached((height, width) -> AtrousWalks.of(new Grid(height, width), step));
  }

  /**
   * Local windows and their reverse: windows in raster order, the cells of each in raster order
   * (LocalMamba, arXiv:2403.09338). The same as {@code local("w7", "w7_flip")} for a size of 7.
   *
   * @param size the side of a window, at least 1; where the grid is no multiple of it, the windows
   *     at the right and the bottom are smaller
   * @return the strategy; each call makes one with a memory of its own
   * @throws IllegalArgumentException if the size is below 1
   */
  public static ScanStrategy window(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("size must be at least 1, got " + size);
    }
    LocalDirection windows = new LocalDirection(false, size, false);
    return thereAndBack(windows::path);
  }

  /**
   * Directions by the names that LocalMamba (arXiv:2403.09338) gives them: {@code h} row by row,
   * {@code v} column by column, {@code w2}, {@code w7} or any other {@code wK} in windows of K x K,
   * and each of these with {@code _flip} from its end to its start.
   *
   * <p>Windows are cut off where the grid ends. The reference pads the grid for windows, which is
   * the layout of the tokens, not the walk.
   *
   * @param directions the names, in the order of the directions; at least one
   * @return the strategy; each call makes one with a memory of its own
   * @throws IllegalArgumentException if there is no direction or one of another name
   */
  public static ScanStrategy local(String... directions) {
    if (directions.length == 0) {
      throw new IllegalArgumentException("a strategy needs at least one direction");
    }
    List<LocalDirection> walks = Stream.of(directions).map(LocalDirection::named).toList();
    return cached(
        (height, width) -> {
          Grid grid = new Grid(height, width);
          return walks.stream().map(walk -> walk.path(grid)).toList();
        });
  }

  /**
   * A strategy by name: one of {@link #names()}, or {@code atrous}, {@code window} and {@code
   * local} with parameters of their own, as in {@code atrous-3}, {@code window-4} and {@code
   * local-h-v_flip-w2-w7}.
   *
   * @param name the name, exactly
   * @return the strategy
   * @throws IllegalArgumentException if there is none; the message names those that there are and
   *     the one that is spelt most alike
   */
  public static ScanStrategy named(String name) {
    return StrategyNames.strategy(name);
  }

  /**
   * The names, each of which {@link #named} knows as it stands.
   *
   * @return the published strategies in the order of their papers, then the others
   */
  public static List<String> names() {
    return StrategyNames.names();
  }

  /**
   * What a strategy is and where it comes from, in a line.
   *
   * @param name a name that {@link #named} knows
   * @return the line
   * @throws IllegalArgumentException as {@link #named} does
   */
  public static String description(String name) {
    return StrategyNames.description(name);
  }

  /**
   * A strategy that computes the paths of a grid once and remembers them.
   *
   * @param strategy the strategy to ask
   * @return a thread-safe strategy with the same paths; it throws an {@link
   *     IllegalArgumentException} for a height or a width below 1 and for more tokens than an int
   *     counts
   */
  public static ScanStrategy cached(ScanStrategy strategy) {
    Map<Grid, List<ScanPath>> plans = new ConcurrentHashMap<>();
    return (height, width) -> {
      Grid grid = new Grid(height, width);
      List<ScanPath> plan = plans.get(grid);
      if (plan == null) {
        plan = List.copyOf(strategy.paths(height, width));
        if (plans.size() < CACHED_SIZES) {
          plans.put(grid, plan);
        }
      }
      return plan;
    };
  }

  @SafeVarargs
  private static ScanStrategy directions(Function<Grid, ScanPath>... walks) {
    return cached(
        (height, width) -> {
          Grid grid = new Grid(height, width);
          return Stream.of(walks).map(walk -> walk.apply(grid)).toList();
        });
  }

  /** All walks forward, then all of them in the same order reversed. */
  @SafeVarargs
  private static ScanStrategy thereAndBack(Function<Grid, ScanPath>... walks) {
    ScanStrategy there = directions(walks);
    return there.then(there.reversed());
  }
}
