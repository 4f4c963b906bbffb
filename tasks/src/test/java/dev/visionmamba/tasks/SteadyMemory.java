package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;

/** Tells a leak, which grows all the time, from a Java heap that grows now and then. */
final class SteadyMemory {
  private static final int CALLS = 300;
  private static final int MOST_ROUNDS = 8;

  /** Ten kilobytes a call. */
  private static final double LEAK_MEGABYTES = 0.01 * CALLS;

  private SteadyMemory() {}

  /** Fails if the process grows by at least ten kilobytes a call in every round of calls. */
  static void require(Runnable call) {
    for (int i = 0; i < CALLS; i++) {
      call.run();
    }
    List<Double> grown = new ArrayList<>();
    do {
      System.gc();
      double before = ProcessMemory.residentMegabytes();
      for (int i = 0; i < CALLS; i++) {
        call.run();
      }
      System.gc();
      grown.add(ProcessMemory.residentMegabytes() - before);
    } while (grown.size() < MOST_ROUNDS && grown.get(grown.size() - 1) >= LEAK_MEGABYTES);
    assertThat(grown).as("megabytes in %d calls each", CALLS).anyMatch(mb -> mb < LEAK_MEGABYTES);
  }
}
