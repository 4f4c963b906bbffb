package dev.visionmamba.tasks.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs some tasks at once, the calling thread taking the first. */
final class ParallelTasks implements AutoCloseable {
  private final int count;
  private final ExecutorService others;

  /**
   * Threads for tasks.
   *
   * @param count how many there are, the calling one among them, at least 1
   * @throws IllegalArgumentException if there is none
   */
  ParallelTasks(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("there must be at least 1 worker, not " + count);
    }
    this.count = count;
    this.others = count == 1 ? null : daemons(count - 1, "visionmamba-worker");
  }

  /** Threads that do not keep the program alive. */
  static ExecutorService daemons(int count, String name) {
    return Executors.newFixedThreadPool(
        count,
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  int count() {
    return count;
  }

  /**
   * Runs tasks and waits for all of them.
   *
   * @return what they give, in their order
   * @throws UncheckedIOException if one fails with an {@link IOException}; with any other checked
   *     exception, an {@link IllegalStateException}
   */
  <T> List<T> run(List<Callable<T>> tasks) {
    List<Future<T>> futures = new ArrayList<>();
    for (Callable<T> task : tasks.subList(1, tasks.size())) {
      futures.add(others.submit(task));
    }
    List<T> results = new ArrayList<>();
    Throwable failure = null;
    try {
      results.add(tasks.get(0).call());
    } catch (Exception | Error e) {
      failure = e;
    }
    for (Future<T> future : futures) {
      try {
        results.add(future.get());
      } catch (ExecutionException e) {
        failure = failure == null ? e.getCause() : failure;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failure = failure == null ? new CancellationException("interrupted") : failure;
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure instanceof IOException exception) {
      throw new UncheckedIOException(exception);
    }
    if (failure != null) {
      throw new IllegalStateException(failure);
    }
    return results;
  }

  @Override
  public void close() {
    if (others != null) {
      others.shutdownNow();
    }
  }
}
