package dev.visionmamba.scans.engine;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * The calling thread and some helpers, who share one job at a time. While a job is under way, other
 * callers do theirs alone: then the cores are busy anyway.
 */
abstract class Team {
  private final AtomicBoolean busy = new AtomicBoolean();

  /**
   * libtorch's threads where they can be had, and threads of our own elsewhere.
   *
   * @param size at least 1, the caller included
   */
  static Team of(int size) {
    Team openMp = size == 1 ? null : OpenMpTeam.ofLibtorch(size);
    return openMp == null ? new JavaTeam(size) : openMp;
  }

  /**
   * Runs tasks 0..count-1 and returns when all are done. What a task throws is thrown here.
   *
   * @param count how many
   * @param task called once with each number, from several threads
   */
  final void run(int count, IntConsumer task) {
    if (count <= 1 || !busy.compareAndSet(false, true)) {
      for (int i = 0; i < count; i++) {
        task.accept(i);
      }
      return;
    }
    Job job = new Job(count, task);
    try {
      share(job);
    } finally {
      busy.set(false);
    }
    job.rethrow();
  }

  /** Does a job with the helpers and returns when it is done. */
  abstract void share(Job job);
}
