package dev.visionmamba.scans.engine;

/** Norms in plain Java. */
final class PlainNormalization {
  private PlainNormalization() {}

  /** Normalises the tokens of a tile. */
  static void normalize(NormalizationTile tile) {
    int channels = tile.channels;
    for (int token = 0, row = 0; token < tile.tokens; token++, row += channels) {
      float mean = tile.centred ? sum(tile.x, row, channels) / channels : 0f;
      float variance = sumOfSquares(tile.x, row, channels, mean) / channels;
      float scale = (float) (1 / Math.sqrt(variance + tile.epsilon));
      for (int i = 0; i < channels; i++) {
        tile.y[row + i] = (tile.x[row + i] - mean) * scale * tile.weight[i] + tile.bias[i];
      }
    }
  }

  // Four sums at once: one would wait for each addition, and round more.

  private static float sum(float[] x, int from, int length) {
    float sum0 = 0f;
    float sum1 = 0f;
    float sum2 = 0f;
    float sum3 = 0f;
    int i = 0;
    for (; i + 3 < length; i += 4) {
      sum0 += x[from + i];
      sum1 += x[from + i + 1];
      sum2 += x[from + i + 2];
      sum3 += x[from + i + 3];
    }
    for (; i < length; i++) {
      sum0 += x[from + i];
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }

  private static float sumOfSquares(float[] x, int from, int length, float mean) {
    float sum0 = 0f;
    float sum1 = 0f;
    float sum2 = 0f;
    float sum3 = 0f;
    int i = 0;
    for (; i + 3 < length; i += 4) {
      float d0 = x[from + i] - mean;
      float d1 = x[from + i + 1] - mean;
      float d2 = x[from + i + 2] - mean;
      float d3 = x[from + i + 3] - mean;
      sum0 += d0 * d0;
      sum1 += d1 * d1;
      sum2 += d2 * d2;
      sum3 += d3 * d3;
    }
    for (; i < length; i++) {
      float d = x[from + i] - mean;
      sum0 += d * d;
    }
    return (sum0 + sum1) + (sum2 + sum3);
  }
}
