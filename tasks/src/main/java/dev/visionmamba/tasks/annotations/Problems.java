package dev.visionmamba.tasks.annotations;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The entries of a file that cannot be used: the first few in words, and how many there are. */
final class Problems {
  private static final int KEPT = 100;

  private final List<String> kept = new ArrayList<>();
  private int count;

  /** An entry that cannot be used. */
  void add(String entry, String what) {
    if (kept.size() < KEPT) {
      kept.add(entry + ": " + what);
    }
    count++;
  }

  int count() {
    return count;
  }

  /** The first hundred. */
  List<String> kept() {
    return List.copyOf(kept);
  }

  /** Refuses the file if that is wanted and there are any. */
  void settle(Path file, OnProblem onProblem) throws InvalidAnnotationsException {
    if (count > 0 && onProblem == OnProblem.REFUSE) {
      String more = count > 1 ? " (and " + (count - 1) + " more such entries)" : "";
      throw new InvalidAnnotationsException(
          file
              + ": "
              + kept.get(0)
              + more
              + "; correct the file, or read it with OnProblem.SKIP to leave such entries out");
    }
  }
}
