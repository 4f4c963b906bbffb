package dev.visionmamba.backbones.vim;

import dev.visionmamba.backbones.layers.NaiveBicubic;
import dev.visionmamba.backbones.vim.VimConfig.ClassToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Vim once more, from the description of the reference alone: loops over plain arrays in double
 * precision, one image at a time, sharing nothing with the network under test.
 */
final class NaiveVim {
  private final VimConfig config;
  private final Map<String, float[]> weights;
  private final int embed;
  private final int inner;

  NaiveVim(VimConfig config, Map<String, float[]> weights) {
    this.config = config;
    this.weights = weights;
    this.embed = config.embedDim();
    this.inner = config.expand() * embed;
  }

  private double weight(String name, int index) {
    return weights.get(name)[index];
  }

  /** All tokens after the final norm; the image is [channel][row][column]. */
  double[][] tokens(double[][][] image) {
    List<double[]> sequence = embed(image);
    int length = sequence.size();
    double[][] hidden = sequence.toArray(new double[0][]);
    double[][] residual = new double[length][embed];
    for (int layer = 0; layer < config.depth(); layer++) {
      add(residual, hidden);
      hidden = mix("layers." + layer + ".mixer.", norm("layers." + layer + ".norm.", residual));
    }
    add(residual, hidden);
    return norm("norm_f.", residual);
  }

  /** What the classifier's head reads. */
  double[] pooled(double[][] tokens) {
    int length = tokens.length;
    List<double[]> read =
        switch (config.classToken()) {
          case NONE -> Arrays.asList(tokens);
          case HEAD -> List.of(tokens[0]);
          case MIDDLE -> List.of(tokens[(length - 1) / 2]);
          case DOUBLE -> List.of(tokens[0], tokens[length - 1]);
        };
    double[] mean = new double[embed];
    for (double[] token : read) {
      for (int c = 0; c < embed; c++) {
        mean[c] += token[c] / read.size();
      }
    }
    return mean;
  }

  private List<double[]> embed(double[][][] image) {
    int patch = config.patchSize();
    int rows = (image[0].length - patch) / config.stride() + 1;
    int columns = (image[0][0].length - patch) / config.stride() + 1;
    List<double[]> tokens = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        tokens.add(patch(image, row * config.stride(), column * config.stride()));
      }
    }
    int patches = tokens.size();
    if (config.classToken() == ClassToken.HEAD) {
      tokens.add(0, classToken("cls_token"));
    } else if (config.classToken() == ClassToken.MIDDLE) {
      tokens.add(patches / 2, classToken("cls_token"));
    } else if (config.classToken() == ClassToken.DOUBLE) {
      tokens.add(0, classToken("cls_token_head"));
      tokens.add(classToken("cls_token_tail"));
    }
    if (config.positionEmbedding()) {
      List<double[]> positions = positions(rows, columns);
      for (int t = 0; t < tokens.size(); t++) {
        for (int c = 0; c < embed; c++) {
          tokens.get(t)[c] += positions.get(t)[c];
        }
      }
    }
    return tokens;
  }

  private double[] patch(double[][][] image, int top, int left) {
    int patch = config.patchSize();
    double[] token = new double[embed];
    for (int out = 0; out < embed; out++) {
      token[out] = weight("patch_embed.proj.bias", out);
      for (int in = 0; in < image.length; in++) {
        for (int y = 0; y < patch; y++) {
          for (int x = 0; x < patch; x++) {
            token[out] +=
                weight(
                        "patch_embed.proj.weight",
                        ((out * image.length + in) * patch + y) * patch + x)
                    * image[in][top + y][left + x];
          }
        }
      }
    }
    return token;
  }

  private double[] classToken(String name) {
    double[] token = new double[embed];
    Arrays.setAll(token, c -> weight(name, c));
    return token;
  }

  /** The stored rows; for another grid the first are kept and the others resampled. */
  private List<double[]> positions(int rows, int columns) {
    int storedRows = (config.imageHeight() - config.patchSize()) / config.stride() + 1;
    int storedColumns = (config.imageWidth() - config.patchSize()) / config.stride() + 1;
    float[] stored = weights.get("pos_embed");
    int extra = stored.length / embed - storedRows * storedColumns;
    double[][][] grid = new double[storedRows][storedColumns][embed];
    List<double[]> positions = new ArrayList<>();
    for (int i = 0; i < stored.length; i++) {
      int row = i / embed - extra;
      if (row < 0) {
        if (i % embed == 0) {
          positions.add(new double[embed]);
        }
        positions.get(i / embed)[i % embed] = stored[i];
      } else {
        grid[row / storedColumns][row % storedColumns][i % embed] = stored[i];
      }
    }
    boolean same = rows == storedRows && columns == storedColumns;
    for (double[][] line : same ? grid : NaiveBicubic.resize(grid, rows, columns)) {
      positions.addAll(Arrays.asList(line));
    }
    return positions;
  }

  private double[][] norm(String prefix, double[][] x) {
    double[][] y = new double[x.length][embed];
    for (int t = 0; t < x.length; t++) {
      double mean = config.rmsNorm() ? 0 : Arrays.stream(x[t]).average().orElseThrow();
      double square = 0;
      for (double value : x[t]) {
        square += (value - mean) * (value - mean) / embed;
      }
      for (int c = 0; c < embed; c++) {
        y[t][c] =
            (x[t][c] - mean)
                / Math.sqrt(square + config.normEpsilon())
                * weight(prefix + "weight", c);
        if (!config.rmsNorm()) {
          y[t][c] += weight(prefix + "bias", c);
        }
      }
    }
    return y;
  }

  private double[][] mix(String prefix, double[][] x) {
    int length = x.length;
    double[][] xz = project(prefix + "in_proj.weight", x, 2 * inner);
    double[][] forward = branch(prefix, "", "A_log", xz);
    double[][] backward = reversed(branch(prefix, "_b", "A_b_log", reversed(xz)));
    double[][] sum = new double[length][inner];
    add(sum, forward);
    add(sum, backward);
    if (config.divideOut()) {
      for (double[] row : sum) {
        Arrays.setAll(row, c -> row[c] / 2);
      }
    }
    return project(prefix + "out_proj.weight", sum, embed);
  }

  /** One direction: convolution, selective scan, gate. */
  private double[][] branch(String prefix, String suffix, String logA, double[][] xz) {
    int length = xz.length;
    int states = config.stateSize();
    int rank = (embed + 15) / 16;
    int taps = config.convWidth();
    double[][] x = new double[length][inner];
    for (int t = 0; t < length; t++) {
      for (int c = 0; c < inner; c++) {
        double sum = weight(prefix + "conv1d" + suffix + ".bias", c);
        for (int k = 0; k < taps; k++) {
          int source = t - (taps - 1) + k;
          if (source >= 0) {
            sum += weight(prefix + "conv1d" + suffix + ".weight", c * taps + k) * xz[source][c];
          }
        }
        x[t][c] = silu(sum);
      }
    }
    double[][] projected = project(prefix + "x_proj" + suffix + ".weight", x, rank + 2 * states);
    double[][] h = new double[inner][states];
    double[][] y = new double[length][inner];
    for (int t = 0; t < length; t++) {
      for (int c = 0; c < inner; c++) {
        double delta = weight(prefix + "dt_proj" + suffix + ".bias", c);
        for (int r = 0; r < rank; r++) {
          delta += weight(prefix + "dt_proj" + suffix + ".weight", c * rank + r) * projected[t][r];
        }
        delta = Math.log1p(Math.exp(delta));
        y[t][c] = weight(prefix + "D" + suffix, c) * x[t][c];
        for (int n = 0; n < states; n++) {
          double a = -Math.exp(weight(prefix + logA, c * states + n));
          h[c][n] = Math.exp(delta * a) * h[c][n] + delta * projected[t][rank + n] * x[t][c];
          y[t][c] += projected[t][rank + states + n] * h[c][n];
        }
        y[t][c] *= silu(xz[t][inner + c]);
      }
    }
    return y;
  }

  private double[][] project(String name, double[][] x, int outputs) {
    int inputs = x[0].length;
    double[][] y = new double[x.length][outputs];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
          y[t][o] += weight(name, o * inputs + i) * x[t][i];
        }
      }
    }
    return y;
  }

  private static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  private static double[][] reversed(double[][] rows) {
    double[][] reversed = new double[rows.length][];
    Arrays.setAll(reversed, t -> rows[rows.length - 1 - t]);
    return reversed;
  }

  private static void add(double[][] sum, double[][] x) {
    for (int t = 0; t < sum.length; t++) {
      for (int c = 0; c < sum[t].length; c++) {
        sum[t][c] += x[t][c];
      }
    }
  }
}
