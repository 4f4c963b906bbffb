package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OptimizationTest {

  @Test
  void adamWFollowsItsPaper() {
    try (NDManager manager = NDManager.newBaseManager()) {
      double[] weight = {1.0, -2.0, 0.5};
      double[] first = new double[3];
      double[] second = new double[3];
      NDArray array = manager.create(new float[] {1f, -2f, 0.5f});
      AdamW optimizer =
          new AdamW(
              step -> 0.1 / (step + 1), 0.01f, id -> new ParameterRule(id.equals("w"), false, 1));
      for (int step = 1; step <= 5; step++) {
        float[] gradient = {0.3f * step, -0.1f, 1e-4f * step};
        optimizer.update("w", array, manager.create(gradient));
        double rate = 0.1 / step;
        for (int i = 0; i < 3; i++) {
          first[i] = 0.9 * first[i] + 0.1 * gradient[i];
          second[i] = 0.999 * second[i] + 0.001 * gradient[i] * gradient[i];
          double m = first[i] / (1 - Math.pow(0.9, step));
          double v = second[i] / (1 - Math.pow(0.999, step));
          weight[i] -= rate * (m / (Math.sqrt(v) + 1e-8) + 0.01 * weight[i]);
        }
      }
      float[] got = array.toFloatArray();
      for (int i = 0; i < 3; i++) {
        assertThat((double) got[i]).isCloseTo(weight[i], within(2e-5));
      }
    }
  }

  @Test
  void adamWDecaysOnlyWhatItIsTold() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray decaying = manager.ones(new Shape(2));
      NDArray other = manager.ones(new Shape(2));
      AdamW optimizer =
          new AdamW(step -> 0.1, 0.5f, id -> new ParameterRule(id.equals("decaying"), false, 1));
      optimizer.update("decaying", decaying, manager.zeros(new Shape(2)));
      optimizer.update("other", other, manager.zeros(new Shape(2)));
      assertThat(decaying.toFloatArray()).containsOnly(0.95f);
      assertThat(other.toFloatArray()).containsOnly(1f);
    }
  }

  @Test
  void muonsStepsHaveSingularValuesNearOne() {
    Random random = new Random(1);
    for (int[] shape : new int[][] {{16, 16}, {16, 48}, {48, 16}}) {
      try (NDManager manager = NDManager.newBaseManager()) {
        float[] values = new float[shape[0] * shape[1]];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian() * (i % shape[1] == 0 ? 30 : 0.1f);
        }
        NDArray x = Muon.orthogonal(manager.create(values, new Shape(shape[0], shape[1])));
        boolean tall = shape[0] > shape[1];
        NDArray gram = tall ? x.transpose().matMul(x) : x.matMul(x.transpose());
        int side = Math.min(shape[0], shape[1]);
        // Eigenvalues of the Gram matrix are singular values squared: their mean is its trace's,
        // and no direction may be longer or much shorter than those of the interval.
        double trace = gram.mul(manager.eye(side)).sum().getFloat() / side;
        assertThat(trace).isBetween(0.6, 1.3);
        for (int trial = 0; trial < 20; trial++) {
          NDArray v = manager.randomNormal(new Shape(side, 1));
          double quotient =
              v.transpose().matMul(gram).matMul(v).getFloat() / v.square().sum().getFloat();
          assertThat(quotient).isBetween(0.3, 1.5);
        }
      }
    }
  }

  @Test
  void muonFollowsItsEquations() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray weight = manager.ones(new Shape(16, 32));
      NDArray vector = manager.ones(new Shape(3));
      Muon muon =
          new Muon(step -> 0.1, 0.5f, id -> new ParameterRule(id.equals("w"), id.equals("w"), 1));
      AdamW adamW = new AdamW(step -> 0.1, 0.5f, id -> new ParameterRule(false, false, 1));
      NDArray likewise = manager.ones(new Shape(3));
      NDArray expected = manager.ones(new Shape(16, 32));
      NDArray momentum = manager.zeros(new Shape(16, 32));
      for (int step = 0; step < 3; step++) {
        NDArray gradient = manager.randomNormal(new Shape(16, 32));
        NDArray small = manager.randomNormal(new Shape(3));
        momentum = momentum.mul(0.95f).add(gradient);
        NDArray direction = Muon.orthogonal(gradient.add(momentum.mul(0.95f)));
        double scale = 0.1 * 0.2 * Math.sqrt(32);
        expected = expected.mul(1 - 0.1f * 0.5f).sub(direction.mul((float) scale));
        muon.update("w", weight, gradient);
        muon.update("b", vector, small);
        adamW.update("b", likewise, small);
      }
      assertThat(weight.sub(expected).abs().max().getFloat()).isLessThan(1e-5f);
      assertThat(vector.toFloatArray()).isEqualTo(likewise.toFloatArray());
    }
  }

  @Test
  void theMeanOfTheWeightsFollowsThem() {
    try (NDManager manager = NDManager.newBaseManager()) {
      LayerNorm network = new LayerNorm(2, 1e-5f);
      network.initialize(manager, DataType.FLOAT32, new Shape(1));
      NDArray weight = network.getParameters().get("weight").getArray();
      WeightAverage average = new WeightAverage(manager, network, 0.5f);
      double mean = 1;
      for (int step = 1; step <= 20; step++) {
        weight.set(new float[] {step, -step});
        average.update();
        double kept = Math.min(0.5, (1.0 + step) / (10 + step));
        mean = kept * mean + (1 - kept) * step;
      }
      double wanted = mean;
      average.during(() -> assertThat((double) weight.getFloat(0)).isCloseTo(wanted, within(1e-4)));
      assertThat(weight.toFloatArray()).containsExactly(20f, -20f);
      assertThatThrownBy(
              () ->
                  average.during(
                      () -> {
                        throw new java.io.IOException("full");
                      }))
          .hasMessage("full");
      assertThat(weight.toFloatArray()).containsExactly(20f, -20f);
      average.keep();
      assertThat((double) weight.getFloat(0)).isCloseTo(mean, within(1e-4));
    }
  }

  @Test
  void aMeanThatKeepsNothingIsTheWeights() {
    try (NDManager manager = NDManager.newBaseManager()) {
      LayerNorm network = new LayerNorm(2, 1e-5f);
      network.initialize(manager, DataType.FLOAT32, new Shape(1));
      NDArray weight = network.getParameters().get("weight").getArray();
      WeightAverage average = new WeightAverage(manager, network, 0f);
      weight.set(new float[] {3, 4});
      average.update();
      average.during(() -> assertThat(weight.toFloatArray()).containsExactly(3f, 4f));
      average.keep();
      assertThat(weight.toFloatArray()).containsExactly(3f, 4f);
      assertThat(average.means()).isEmpty();
    }
  }

  @Test
  void smoothedCrossEntropyIsTheMeanOverTheSmoothedTarget() {
    try (NDManager manager = NDManager.newBaseManager()) {
      float[][] scores = {{1f, 2f, -1f}, {0.5f, 0.1f, 0.2f}};
      long[] labels = {1, 0};
      double want = 0;
      for (int i = 0; i < 2; i++) {
        double sum = 0;
        for (float score : scores[i]) {
          sum += Math.exp(score);
        }
        for (int k = 0; k < 3; k++) {
          double target = (k == labels[i] ? 0.9 : 0) + 0.1 / 3;
          want -= target * (scores[i][k] - Math.log(sum)) / 2;
        }
      }
      NDArray loss =
          new SmoothedCrossEntropy(0.1f)
              .evaluate(new NDList(manager.create(labels)), new NDList(manager.create(scores)));
      assertThat((double) loss.getFloat()).isCloseTo(want, within(1e-6));
    }
  }

  private static TrainingOptions options(int epochs, float warmup, float smoothing) {
    return new TrainingOptions(
        epochs,
        8,
        1e-2f,
        0,
        warmup,
        smoothing,
        Augmentation.NONE,
        Mixing.NONE,
        OptimizerKind.ADAMW,
        0f,
        FineTuning.NONE,
        0,
        0);
  }

  @Test
  void learningRateRisesThenFallsAsACosine() {
    TrainingOptions options = options(10, 2, 0);
    assertThat(options.learningRateAt(0, 10)).isEqualTo(1e-2f / 20, within(1e-8f));
    assertThat(options.learningRateAt(19, 10)).isEqualTo(1e-2f, within(1e-8f));
    assertThat(options.learningRateAt(60, 10)).isEqualTo(0.505e-2f, within(1e-6f));
    assertThat(options.learningRateAt(100, 10)).isEqualTo(1e-4f, within(1e-8f));
  }

  @Test
  void optionsOutOfRangeAreNamed() {
    assertThatThrownBy(() -> options(0, 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("epochs");
    assertThatThrownBy(() -> options(1, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("label smoothing");
  }
}
