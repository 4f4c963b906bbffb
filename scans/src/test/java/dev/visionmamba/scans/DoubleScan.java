package dev.visionmamba.scans;

import ai.djl.ndarray.NDArray;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The selective scan as its equations read, in double precision and plain loops: what the engines
 * are judged by. It shares nothing with them.
 */
final class DoubleScan {
  private final SelectiveScanArguments arguments;
  private final Map<NDArray, double[]> values = new IdentityHashMap<>();
  private final int batch;
  private final int tokens;
  private final int channels;

  DoubleScan(SelectiveScanArguments arguments) {
    this.arguments = arguments;
    this.batch = arguments.batch();
    this.tokens = arguments.tokens();
    this.channels = arguments.channels();
    arguments.arrays().forEach(array -> values.put(array, doubles(array)));
  }

  static double[] doubles(NDArray array) {
    float[] floats = array.toFloatArray();
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /** The values of an operand, to be changed at will. */
  double[] values(NDArray array) {
    return values.get(array);
  }

  /** (B, L, D). */
  double[] output() {
    double[] output = new double[batch * tokens * channels];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int channel = 0; channel < channels; channel++) {
        double[] y = output(sequence, channel);
        for (int token = 0; token < tokens; token++) {
          output[(sequence * tokens + token) * channels + channel] = y[token];
        }
      }
    }
    return output;
  }

  /** sum(output * weights) over one sequence, or over one channel of all sequences. */
  double weightedSum(double[] weights, int onlySequence, int onlyChannel) {
    double sum = 0;
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int channel = 0; channel < channels; channel++) {
        if ((onlySequence < 0 || onlySequence == sequence)
            && (onlyChannel < 0 || onlyChannel == channel)) {
          double[] y = output(sequence, channel);
          for (int token = 0; token < tokens; token++) {
            sum += y[token] * weights[(sequence * tokens + token) * channels + channel];
          }
        }
      }
    }
    return sum;
  }

  /** (B, D, N). */
  double[] lastState(ScanDirection direction) {
    int states = direction.stateSize();
    double[] last = new double[batch * channels * states];
    for (int sequence = 0; sequence < batch; sequence++) {
      for (int channel = 0; channel < channels; channel++) {
        double[] h = walk(direction, sequence, channel, new double[tokens]);
        System.arraycopy(h, 0, last, (sequence * channels + channel) * states, states);
      }
    }
    return last;
  }

  /** One channel of one sequence: (L). */
  private double[] output(int sequence, int channel) {
    double[] y = new double[tokens];
    for (ScanDirection direction : arguments.directions()) {
      walk(direction, sequence, channel, y);
    }
    for (int token = 0; token < tokens; token++) {
      if (arguments.merge() == SelectiveScanArguments.Merge.MEAN) {
        y[token] /= arguments.directions().size();
      }
      if (arguments.gate() != null) {
        double z = at(arguments.gate(), sequence, token, channel);
        y[token] *= z / (1 + Math.exp(-z));
      }
    }
    return y;
  }

  /** Adds a direction's output to y and gives its last state. */
  private double[] walk(ScanDirection direction, int sequence, int channel, double[] y) {
    int states = direction.stateSize();
    int group = channel / (channels / direction.groups());
    double[] a = values.get(direction.a());
    double[] h = new double[states];
    for (int t = 0; t < direction.path().steps(); t++) {
      int token = direction.path().token(t);
      int parameterToken = direction.parameterPath().token(t);
      double u = at(direction.u(), sequence, token, channel);
      double delta = delta(direction, sequence, parameterToken, channel);
      if (direction.deltaBias() != null) {
        delta += values.get(direction.deltaBias())[channel];
      }
      if (arguments.deltaSoftplus()) {
        delta = Math.max(delta, 0) + Math.log1p(Math.exp(-Math.abs(delta)));
      }
      if (direction.d() != null) {
        y[token] += values.get(direction.d())[channel] * u;
      }
      for (int n = 0; n < states; n++) {
        int column = group * states + n;
        h[n] =
            Math.exp(delta * a[channel * states + n]) * h[n]
                + delta * at(direction.b(), sequence, parameterToken, column) * u;
        y[token] += at(direction.c(), sequence, parameterToken, column) * h[n];
      }
    }
    return h;
  }

  /** A step size before its bias. */
  private double delta(ScanDirection direction, int sequence, int token, int channel) {
    if (direction.deltaWeight() == null) {
      return at(direction.delta(), sequence, token, channel);
    }
    double[] weight = values.get(direction.deltaWeight());
    int rank = direction.delta().width();
    double delta = 0;
    for (int r = 0; r < rank; r++) {
      delta += weight[channel * rank + r] * at(direction.delta(), sequence, token, r);
    }
    return delta;
  }

  private double at(Columns columns, int sequence, int token, int column) {
    long length = columns.array().getShape().get(1);
    long width = columns.array().getShape().get(2);
    return values
        .get(columns.array())[
        (int) ((sequence * length + token) * width + columns.from() + column)];
  }
}
