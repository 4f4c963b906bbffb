package dev.visionmamba.scans.engine;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/**
 * How many threads work on one prediction: the scans' own and libtorch's, by one setting.
 *
 * <p>By default a prediction takes all cores, which is right where one caller predicts at a time.
 * Where many threads predict at once, as in a server, start java with {@code
 * -Dvisionmamba.threads=1}: then each works alone, and they do not wait for each other.
 */
public final class Threads {

  /** Names the number of threads, at least 1. */
  public static final String PROPERTY = "visionmamba.threads";

  private Threads() {}

  /** The number that the property gives; null if it is not set. */
  private static Integer chosen() {
    String value = System.getProperty(PROPERTY);
    if (value == null) {
      return null;
    }
    try {
      int threads = Integer.parseInt(value.strip());
      if (threads >= 1) {
        return threads;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "-D" + PROPERTY + "=" + value + " must be a whole number of at least 1");
  }

  /**
   * How many threads share one operation.
   *
   * @return the number chosen, else the number of cores
   * @throws IllegalArgumentException if the property is no number of at least 1
   */
  public static int perOperation() {
    Integer chosen = chosen();
    return chosen == null ? Runtime.getRuntime().availableProcessors() : chosen;
  }

  /**
   * Gives libtorch the number chosen, if one is. libtorch's threads learn of it before their first
   * operation, so this is called where a network is built.
   *
   * @throws IllegalArgumentException if the property is no number of at least 1
   */
  public static void applyToLibtorch() {
    Integer chosen = chosen();
    if (chosen != null) {
      Engine.getEngine("PyTorch");
      if (JniUtils.getNumThreads() != chosen) {
        JniUtils.setNumThreads(chosen);
      }
    }
  }
}
