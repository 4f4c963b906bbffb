package dev.visionmamba.tasks.cli;

import java.util.Locale;

/** Shares as tables show them. */
final class Percent {
  private Percent() {}

  /** A share of 0 to 1 with one digit after the point; a dash for NaN, where there is none. */
  static String of(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f%%", 100 * share);
  }
}
