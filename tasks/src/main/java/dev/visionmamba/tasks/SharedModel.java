package dev.visionmamba.tasks;

import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.TrainedModel;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;

/**
 * A model that any number of threads use: its weights are not freed while one of them computes.
 *
 * @param <M> the model
 */
final class SharedModel<M extends TrainedModel<?>> implements AutoCloseable {
  private final M model;
  private final String role;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /**
   * Shares a model.
   *
   * @param model with all its weights; closed with this object
   * @param role what it is called in errors
   */
  SharedModel(M model, String role) {
    this.model = model;
    this.role = role;
  }

  /**
   * Computes with the model.
   *
   * @throws IllegalStateException if it is closed
   */
  <R> R use(Function<M, R> work) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            "the " + role + " " + description().name() + " is closed; load it again");
      }
      return work.apply(model);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** What the model says about itself, also after it is closed. */
  ModelDescription description() {
    return model.description();
  }

  /** Frees the weights, after the threads that compute have finished. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        model.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
