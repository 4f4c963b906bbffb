package dev.visionmamba.zoo.download;

import java.time.Duration;

/** How a thread waits; tests wait in their own way. */
interface Pauses {
  /** Sleeps. */
  Pauses REAL = pause -> Thread.sleep(pause.toMillis());

  void sleep(Duration pause) throws InterruptedException;

  /** A duration for people. */
  static String words(Duration duration) {
    return duration.toMillis() < 1000
        ? duration.toMillis() + " ms"
        : duration.toSeconds() + (duration.toSeconds() == 1 ? " second" : " seconds");
  }
}
