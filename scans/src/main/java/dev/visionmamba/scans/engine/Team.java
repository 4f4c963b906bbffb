package dev.visionmamba.scans.engine;

import java.util.function.IntConsumer;

/** The calling thread and some helpers, who share one job at a time. */
interface Team {

  /**
   * Runs tasks 0..count-1 and returns when all are done. What a task throws is thrown here.
   *
   * @param count how many
   * @param task called once with each number, from several threads
   */
  void run(int count, IntConsumer task);

  /**
   * libtorch's threads where they can be had, and threads of our own elsewhere.
   *
   * @param size at least 1, the caller included
   */
  static Team of(int size) {
    Team openMp = size == 1 ? null : OpenMpTeam.ofLibtorch(size);
    return openMp == null ? new JavaTeam(size) : openMp;
  }
}
