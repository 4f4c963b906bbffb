package dev.visionmamba.scans.engine;

import java.util.concurrent.locks.LockSupport;

/**
 * A team of Java threads. An operator takes a fraction of a millisecond, and waking a sleeping
 * thread a good part of that, so helpers stay awake a little after a job, and the caller does not
 * sleep while it waits for the last of them.
 */
final class JavaTeam extends Team {
  /** How long a helper without work stays awake. */
  private static final long AWAKE_NANOS = 50_000;

  private final Thread[] helpers;
  private volatile Job job;

  /**
   * A team.
   *
   * @param size at least 1, the caller included
   */
  JavaTeam(int size) {
    helpers = new Thread[size - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Thread(this::help, "visionmamba-scan-" + (i + 1));
      helpers[i].setDaemon(true);
      helpers[i].start();
    }
  }

  @Override
  void share(Job mine) {
    try {
      job = mine;
      for (Thread helper : helpers) {
        LockSupport.unpark(helper);
      }
      mine.work();
      mine.await();
    } finally {
      job = null;
    }
  }

  private void help() {
    Job last = null;
    long awakeSince = System.nanoTime();
    while (true) {
      Job current = job;
      if (current != null && current != last) {
        current.work();
        last = current;
        awakeSince = System.nanoTime();
      } else if (System.nanoTime() - awakeSince < AWAKE_NANOS) {
        Thread.onSpinWait();
      } else {
        last = null; // holds on to nothing while it sleeps
        LockSupport.park(this);
        awakeSince = System.nanoTime();
      }
    }
  }
}
