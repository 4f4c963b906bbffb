package dev.visionmamba.scans.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Tasks 0..count-1, each done once by whoever of a team comes first. */
final class Job {
  /** How long a caller waits for its helpers before it lets others have its core. */
  private static final long PATIENCE_NANOS = 2_000_000;

  private final int count;
  private final IntConsumer task;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private volatile Throwable failure;

  Job(int count, IntConsumer task) {
    this.count = count;
    this.task = task;
  }

  /** Does tasks until none is left to begin. */
  void work() {
    for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
      try {
        task.accept(i);
      } catch (Throwable e) {
        failure = e;
      } finally {
        done.incrementAndGet();
      }
    }
  }

  /** Waits until all tasks are done. */
  void await() {
    long start = System.nanoTime();
    while (done.get() < count) {
      if (System.nanoTime() - start < PATIENCE_NANOS) {
        Thread.onSpinWait();
      } else {
        Thread.yield();
      }
    }
  }

  /** Throws what a task has thrown. */
  void rethrow() {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
