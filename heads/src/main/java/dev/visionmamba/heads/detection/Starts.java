package dev.visionmamba.heads.detection;

import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;

/** Layers that start as detectors' do. */
final class Starts {
  static final Geometry PIXEL = Geometry.dense(1, 1, 0);
  static final Geometry AROUND = Geometry.dense(3, 1, 1);

  private Starts() {}

  /** Normally distributed around 0. */
  static Initializer normal(float deviation) {
    return (manager, shape, type) -> manager.randomNormal(0f, deviation, shape, type);
  }

  /** Normally distributed so that gradients keep their variance through ReLU (He et al. 2015). */
  static Initializer heNormal(int out, Geometry geometry) {
    int area = geometry.kernel() * geometry.kernel();
    return normal((float) Math.sqrt(2.0 / ((double) out * area)));
  }

  /** A convolution with weights around 0 and one bias. */
  static Conv2d convolution(int in, int out, Geometry geometry, float deviation, float bias) {
    return new Conv2d(in, out, geometry, normal(deviation), Initializers.constant(bias));
  }

  /** A linear layer with weights around 0. */
  static Linear linear(int in, int out, float deviation) {
    return new Linear(in, out, normal(deviation), Initializers.constant(0f));
  }

  /** A linear layer by Glorot and Bengio's rule. */
  static Linear xavier(int in, int out) {
    double bound = Math.sqrt(6.0 / ((double) in + out));
    return new Linear(in, out, Initializers.uniform(bound), Initializers.constant(0f));
  }
}
