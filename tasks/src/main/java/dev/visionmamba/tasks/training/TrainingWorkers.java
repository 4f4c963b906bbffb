package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Threads that share each training batch, every one with some of its images: on small networks, two
 * threads that work apart do more than two that share every operation. Their gradients add up in
 * the parameters, which libtorch guards.
 */
final class TrainingWorkers<B extends TrainingTask.Examples<B>> implements AutoCloseable {
  private final TrainingTask<B> task;
  private final ParallelTasks threads;

  /**
   * Workers; the calling thread is one of them.
   *
   * @param count at least 1
   */
  TrainingWorkers(TrainingTask<B> task, int count) {
    this.task = task;
    this.threads = new ParallelTasks(count);
  }

  /** The sum of the images' losses, and how much was recognised of how much. */
  record BatchResult(double lossSum, long right, long chances) {
    BatchResult plus(BatchResult other) {
      return new BatchResult(lossSum + other.lossSum, right + other.right, chances + other.chances);
    }
  }

  /** Adds the gradients of a batch's mean loss. */
  BatchResult learn(ScanTrainer trainer, NDManager manager, B batch) {
    int count = batch.size();
    int parts = Math.min(threads.count(), count);
    List<Callable<BatchResult>> tasks = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      int from = count * i / parts;
      int to = count * (i + 1) / parts;
      tasks.add(() -> learn(trainer, manager, batch, from, to));
    }
    return threads.run(tasks).stream().reduce(new BatchResult(0, 0, 0), BatchResult::plus);
  }

  private BatchResult learn(ScanTrainer trainer, NDManager whole, B batch, int from, int to) {
    int count = to - from;
    int all = batch.size();
    try (NDManager manager = whole.newSubManager()) {
      B part = batch.part(from, to, manager);
      TrainingTask.Step step;
      try (GradientCollector collector = trainer.newGradientCollector()) {
        step = task.learn(trainer, part);
        NDArray mean = step.loss();
        // Not mul(number): autograd saves the factor, which then must not be Java's to take away.
        NDArray share = manager.full(new Shape(), (float) count / all, mean.getDataType());
        collector.backward(count == all ? mean : mean.mul(share));
      }
      return new BatchResult(
          step.loss().getFloat() * (double) count, step.right().getAsLong(), step.chances());
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
