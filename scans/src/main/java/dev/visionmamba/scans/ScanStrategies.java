package dev.visionmamba.scans;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The published ways of walking a grid. */
public final class ScanStrategies {

  /** One direction, row by row from the top left: the order in which the tokens lie. */
  public static final ScanStrategy RASTER =
      cached((height, width) -> List.of(ScanPath.raster(height * width)));

  /** Raster order and its reverse (Vim, arXiv:2401.09417, section 3.3). */
  public static final ScanStrategy BIDIRECTIONAL =
      cached(
          (height, width) -> {
            ScanPath raster = ScanPath.raster(height * width);
            return List.of(raster, raster.reversed());
          });

  /** Grids of so many sizes are remembered by a cached strategy; more are computed anew. */
  private static final int CACHED_SIZES = 64;

  private ScanStrategies() {}

  /**
   * A strategy that computes the paths of a grid once and remembers them.
   *
   * @param strategy the strategy to ask
   * @return a thread-safe strategy with the same paths
   */
  public static ScanStrategy cached(ScanStrategy strategy) {
    Map<Long, List<ScanPath>> plans = new ConcurrentHashMap<>();
    return (height, width) -> {
      long key = ((long) height << 32) | width;
      List<ScanPath> plan = plans.get(key);
      if (plan == null) {
        plan = List.copyOf(strategy.paths(height, width));
        if (plans.size() < CACHED_SIZES) {
          plans.put(key, plan);
        }
      }
      return plan;
    };
  }
}
