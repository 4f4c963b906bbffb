package dev.visionmamba.tasks.annotations;

import java.util.Arrays;

/** Collects the runs of a mask: neighbours of one kind become one run, empty ones vanish. */
final class RunBuilder {
  private int[] runs = new int[16];

  /** Which run is the last; even ones are outside. */
  private int last;

  void add(boolean inside, int length) {
    if (length == 0) {
      return;
    }
    if (inside != (last % 2 == 1)) {
      last++;
      if (last == runs.length) {
        runs = Arrays.copyOf(runs, 2 * last);
      }
    }
    runs[last] += length;
  }

  int[] toArray() {
    return Arrays.copyOf(runs, last + 1);
  }
}
