package dev.visionmamba.scans.engine;

/** Shares a loop among threads, as many as {@link Threads#perOperation} allows. */
public final class Parallel {
  /** So many pieces a thread, so that one that is held up holds up less. */
  private static final int PIECES = 4;

  private Parallel() {}

  /** The part of a loop from one number to before another. */
  @FunctionalInterface
  public interface Part {

    /**
     * Runs a part.
     *
     * @param from the first number
     * @param to the number after the last
     */
    void run(int from, int to);
  }

  /**
   * Runs 0..count-1 in parts.
   *
   * @param count how many
   * @param least how many are worth a part
   * @param part called from several threads at once
   */
  public static void run(int count, int least, Part part) {
    int threads = Threads.perOperation();
    int pieces = Math.min(threads * PIECES, count / least);
    if (threads == 1 || pieces <= 1) {
      part.run(0, count);
      return;
    }
    Workers.run(
        pieces,
        i -> part.run((int) ((long) count * i / pieces), (int) ((long) count * (i + 1) / pieces)));
  }
}
