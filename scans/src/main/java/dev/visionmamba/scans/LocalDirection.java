package dev.visionmamba.scans;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A direction of LocalMamba (arXiv:2403.09338), named as its code names it: {@code h} row by row,
 * {@code v} column by column, {@code w7} in windows of 7x7, each with {@code _flip} from its end.
 *
 * @param byColumns whether it is {@code v}
 * @param window the windows' side; 0 where there are none
 * @param flipped whether it runs from the end to the start
 */
record LocalDirection(boolean byColumns, int window, boolean flipped) {
  private static final Pattern NAME = Pattern.compile("(h|v|w([1-9][0-9]{0,8}))(_flip)?");

  static LocalDirection named(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "no local direction \""
              + name
              + "\"; there are h, v and wK for windows of K x K (w2, w7), each also with _flip");
    }
    return new LocalDirection(
        name.startsWith("v"),
        matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2)),
        matcher.group(3) != null);
  }

  ScanPath path(Grid grid) {
    ScanPath forward =
        window > 0 ? windows(grid, window) : byColumns ? Sweeps.columns(grid) : Sweeps.rows(grid);
    return flipped ? forward.reversed() : forward;
  }

  /**
   * Windows row by row from the top left, in each the cells row by row; at the right and the bottom
   * windows are cut off where the grid ends.
   */
  private static ScanPath windows(Grid grid, int size) {
    Walk walk = new Walk(grid);
    for (long top = 0; top < grid.height(); top += size) {
      for (long left = 0; left < grid.width(); left += size) {
        for (long row = top; row < Math.min(top + size, grid.height()); row++) {
          for (long column = left; column < Math.min(left + size, grid.width()); column++) {
            walk.visit((int) row, (int) column);
          }
        }
      }
    }
    return walk.path();
  }
}
