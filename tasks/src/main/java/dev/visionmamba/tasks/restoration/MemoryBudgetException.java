package dev.visionmamba.tasks.restoration;

import java.io.Serial;

/**
 * Not even the smallest tile fits into the memory budget. The message tells the picture, the
 * smallest tile, what it needs and what was given.
 */
public final class MemoryBudgetException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1L;

  /** The smallest budget that would do. */
  private final long neededBytes;

  /**
   * A budget that is too small.
   *
   * @param message what was wanted, what was given, and what to do
   * @param neededBytes the smallest budget that would do
   */
  public MemoryBudgetException(String message, long neededBytes) {
    super(message);
    this.neededBytes = neededBytes;
  }

  /**
   * The smallest budget with which the picture can be restored.
   *
   * @return bytes
   */
  public long neededBytes() {
    return neededBytes;
  }
}
