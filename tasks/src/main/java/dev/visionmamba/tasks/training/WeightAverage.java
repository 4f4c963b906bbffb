package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A running mean of a network's weights over training steps, which often does better than the last
 * weights (Polyak and Juditsky 1992). At first it follows the weights faster. Where the mean keeps
 * nothing of itself, it is the weights themselves, and costs nothing.
 */
final class WeightAverage {
  private final float decay;
  private final NamedBlock network;
  private final Map<String, NDArray> means = new LinkedHashMap<>();
  private long steps;

  /**
   * A mean that starts as the weights.
   *
   * @param manager where it is kept
   * @param network initialised
   * @param decay the part of the mean that a step keeps, 0 (the weights themselves) up to but not 1
   */
  WeightAverage(NDManager manager, NamedBlock network, float decay) {
    this.decay = decay;
    this.network = network;
    if (decay == 0) {
      return;
    }
    try (GradientMode off = GradientMode.off()) {
      weights()
          .forEach(
              (name, weight) -> {
                NDArray mean = weight.duplicate();
                mean.attach(manager);
                means.put(name, mean);
              });
    }
  }

  /** What the mean is of. Asked each time: loading replaces the weights. */
  private Map<String, NDArray> weights() {
    return decay == 0 ? Map.of() : StateDict.of(network);
  }

  /** Takes the weights of another step in. */
  void update() {
    steps++;
    float kept = Math.min(decay, (1f + steps) / (10f + steps));
    try (GradientMode off = GradientMode.off()) {
      weights()
          .forEach(
              (name, weight) -> {
                // By the difference, so that the mean of a frozen weight is the weight.
                NDArray mean = means.get(name);
                try (NDArray difference = weight.sub(mean)) {
                  mean.addi(difference.muli(1 - kept));
                }
              });
    }
  }

  /** What may fail. */
  interface Task<E extends Exception> {
    void run() throws E;
  }

  /**
   * Does something while the network has the means for weights; it has its own again afterwards,
   * also where the task fails.
   */
  <E extends Exception> void during(Task<E> task) throws E {
    exchange();
    try {
      task.run();
    } finally {
      exchange();
    }
  }

  /** Gives the network the means for good: what the weights were is lost. */
  void keep() {
    try (GradientMode off = GradientMode.off()) {
      weights().forEach((name, weight) -> HostMemory.copy(means.get(name), weight));
    }
  }

  private void exchange() {
    try (GradientMode off = GradientMode.off()) {
      weights()
          .forEach(
              (name, weight) -> {
                NDArray mean = means.get(name);
                try (NDArray kept = weight.duplicate()) {
                  HostMemory.copy(mean, weight);
                  HostMemory.copy(kept, mean);
                }
              });
    }
  }

  /** The means by the names of the weights; none if they are the weights themselves. */
  Map<String, NDArray> means() {
    return means;
  }

  /**
   * Goes on from saved means.
   *
   * @param saved one for each of {@link #means}, of its shape
   * @param steps how many steps they have taken in
   */
  void restore(Map<String, NDArray> saved, long steps) {
    this.steps = steps;
    means.forEach((name, mean) -> HostMemory.copy(saved.get(name), mean));
  }
}
