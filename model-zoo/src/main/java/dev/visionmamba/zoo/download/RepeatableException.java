package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** An attempt has failed in a way that may pass: it is worth another. */
final class RepeatableException extends IOException {
  private final transient Optional<Duration> pause;

  RepeatableException(String problem) {
    this(problem, Optional.empty(), null);
  }

  RepeatableException(String problem, Optional<Duration> pause, Throwable cause) {
    super(problem, cause);
    this.pause = pause;
  }

  /** How long the server wants to be left alone, if it says it. */
  Optional<Duration> pause() {
    return pause;
  }
}
