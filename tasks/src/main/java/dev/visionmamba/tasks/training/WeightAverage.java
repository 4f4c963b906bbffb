package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A running mean of a network's weights over training steps, which often does better than the last
 * weights (Polyak and Juditsky 1992). At first it follows the weights faster.
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
   * @param decay the part of the mean that a step keeps, 0 up to but not 1
   */
  WeightAverage(NDManager manager, NamedBlock network, float decay) {
    this.decay = decay;
    this.network = network;
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

  /** Asked each time: loading replaces them. */
  private Map<String, NDArray> weights() {
    return StateDict.of(network);
  }

  /** Takes the weights of another step in. */
  void update() {
    steps++;
    float kept = Math.min(decay, (1f + steps) / (10f + steps));
    try (GradientMode off = GradientMode.off()) {
      weights()
          .forEach(
              (name, weight) -> {
                try (NDArray share = weight.mul(1 - kept)) {
                  means.get(name).muli(kept).addi(share);
                }
              });
    }
  }

  /** Puts the means into the network, and its weights in their place; twice changes nothing. */
  void swap() {
    try (GradientMode off = GradientMode.off()) {
      weights()
          .forEach(
              (name, weight) -> {
                NDArray mean = means.get(name);
                try (NDArray kept = weight.duplicate()) {
                  mean.copyTo(weight);
                  kept.copyTo(mean);
                }
              });
    }
  }

  /** The means by the names of the weights. */
  Map<String, NDArray> means() {
    return means;
  }

  /**
   * Goes on from saved means.
   *
   * @param saved one a weight, of its shape
   */
  void restore(Map<String, NDArray> saved, long steps) {
    this.steps = steps;
    means.forEach((name, mean) -> saved.get(name).copyTo(mean));
  }
}
