package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Threads that share each training batch, every one with some of its images: on small networks, two
 * threads that work apart do more than two that share every operation. Their gradients add up in
 * the parameters, which libtorch guards.
 */
final class TrainingWorkers implements AutoCloseable {
  private final ParallelTasks threads;
  private final Loss loss;

  /**
   * Workers; the calling thread is one of them.
   *
   * @param count at least 1
   * @param loss the mean over a batch
   */
  TrainingWorkers(int count, Loss loss) {
    this.threads = new ParallelTasks(count);
    this.loss = loss;
  }

  /** The sum of a batch's losses, and how many of its images were recognised. */
  record BatchResult(double lossSum, long right) {
    BatchResult plus(BatchResult other) {
      return new BatchResult(lossSum + other.lossSum, right + other.right);
    }
  }

  /** Adds the gradients of a batch's mean loss. */
  BatchResult learn(Trainer trainer, Batch batch) {
    int count = Math.toIntExact(batch.labels().size());
    int parts = Math.min(threads.count(), count);
    List<Callable<BatchResult>> tasks = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      NDIndex part = new NDIndex().addSliceDim(count * i / parts, count * (i + 1) / parts);
      tasks.add(() -> learn(trainer, batch, part, count));
    }
    return threads.run(tasks).stream().reduce(new BatchResult(0, 0), BatchResult::plus);
  }

  private BatchResult learn(Trainer trainer, Batch batch, NDIndex part, int all) {
    try (NDManager manager = batch.images().getManager().newSubManager()) {
      NDArray images = batch.images().get(part);
      NDArray labels = batch.labels().get(part);
      NDArray targets = batch.targets().get(part);
      manager.attachAll(images, labels, targets);
      long count = labels.size();
      NDArray scores;
      NDArray mean;
      try (GradientCollector collector = trainer.newGradientCollector()) {
        scores = trainer.forward(new NDList(images)).head();
        mean = loss.evaluate(new NDList(targets), new NDList(scores));
        // Not mul(number): autograd saves the factor, which then must not be Java's to take away.
        NDArray share = manager.full(new Shape(), (float) count / all, mean.getDataType());
        collector.backward(count == all ? mean : mean.mul(share));
      }
      NDArray right = scores.stopGradient().argMax(1).eq(labels).sum();
      return new BatchResult(mean.getFloat() * (double) count, right.toLongArray()[0]);
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
