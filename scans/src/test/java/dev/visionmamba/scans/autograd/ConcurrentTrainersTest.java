package dev.visionmamba.scans.autograd;

import static dev.visionmamba.scans.autograd.Training.INPUT;
import static dev.visionmamba.scans.autograd.Training.assertSame;
import static dev.visionmamba.scans.autograd.Training.config;
import static dev.visionmamba.scans.autograd.Training.inCollector;
import static dev.visionmamba.scans.autograd.Training.loss;
import static dev.visionmamba.scans.autograd.Training.weights;
import static dev.visionmamba.scans.autograd.Training.withBatch;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.training.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Trainers on threads of their own, all between their forward and backward passes at once. */
class ConcurrentTrainersTest {
  private static final int TRAINERS = 4;
  private static final int STEPS = 4;

  @Test
  void trainersDoNotDisturbEachOther() throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(TRAINERS);
    ExecutorService threads = Executors.newFixedThreadPool(TRAINERS);
    try {
      List<Future<Map<String, float[]>>> results = new ArrayList<>();
      for (int i = 0; i < TRAINERS; i++) {
        int seed = 100 * i;
        results.add(threads.submit(() -> train(seed, barrier)));
      }
      for (int i = 0; i < TRAINERS; i++) {
        Map<String, float[]> together = results.get(i).get(1, TimeUnit.MINUTES);
        assertSame(together, train(100 * i, new CyclicBarrier(1)));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Map<String, float[]> train(int seed, CyclicBarrier barrier) {
    ResidualNetwork network = new ResidualNetwork();
    try (Model model = Model.newInstance("concurrent")) {
      model.setBlock(network);
      try (Trainer trainer = ScanTrainer.of(model, config())) {
        trainer.initialize(INPUT);
        for (int step = 0; step < STEPS; step++) {
          inCollector(
              trainer,
              collector -> {
                collector.zeroGradients(); // of this trainer's network alone
                withBatch(
                    trainer,
                    seed,
                    batch -> {
                      NDArray loss = loss(trainer, batch, true);
                      await(barrier);
                      collector.backward(loss);
                    });
                await(barrier);
              });
          trainer.step();
        }
        return weights(network);
      }
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException("another trainer failed", e);
    }
  }
}
