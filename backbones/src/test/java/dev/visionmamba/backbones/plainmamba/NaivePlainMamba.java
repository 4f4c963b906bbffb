package dev.visionmamba.backbones.plainmamba;

import dev.visionmamba.backbones.layers.NaiveBicubic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * PlainMamba once more, from the description of the reference alone: loops over plain arrays in
 * double precision, one image at a time, sharing nothing with the network under test. Maps are
 * [channel][row][column], tokens [row * columns + column][channel].
 */
final class NaivePlainMamba {
  private final PlainMambaConfig config;
  private final Map<String, float[]> weights;
  private final int embed;
  private final int inner;

  /** The grid of patches of the image that is being looked at. */
  private int rows;

  private int columns;

  NaivePlainMamba(PlainMambaConfig config, Map<String, float[]> weights) {
    this.config = config;
    this.weights = weights;
    this.embed = config.embedDims();
    this.inner = (int) (config.expand() * embed);
  }

  /** All tokens after the final norm, if there is one. */
  double[][] tokens(double[][][] image) {
    double[][] x = embed(image);
    for (int i = 0; i < config.depth(); i++) {
      String layer = "layers." + i + ".";
      add(x, mix(layer + "mamba.", layerNorm(layer + "norm.", x)));
      if (config.layersWithConvolution().contains(i)) {
        double[][][] map = convolve(layer + "dw.0", toMap(x), embed, new Kernel(3, 1, 1, embed));
        x = toTokens(activate(batchNorm(layer + "dw.1.", map), NaivePlainMamba::gelu));
      }
    }
    return config.finalNorm() ? norm("ln1.", x, 1e-6, false) : x;
  }

  private double[][] embed(double[][][] image) {
    double[][][] map = convolve("patch_embed.stem.0", image, 64, new Kernel(7, 2, 3, 1));
    map = activate(batchNorm("patch_embed.stem.1.", map), x -> Math.max(x, 0));
    for (int i = 0; i < config.stemConvolutions(); i++) {
      map = convolve("patch_embed.convs." + 3 * i, map, 64, new Kernel(3, 1, 1, 1));
      map = batchNorm("patch_embed.convs." + (3 * i + 1) + ".", map);
      map = activate(map, x -> Math.max(x, 0));
    }
    int side = config.patchSize() / 2;
    rows = (int) Math.ceil(map[0].length / (double) side);
    columns = (int) Math.ceil(map[0][0].length / (double) side);
    double[][][] padded = new double[64][rows * side][columns * side];
    for (int c = 0; c < 64; c++) {
      for (int y = 0; y < map[c].length; y++) {
        System.arraycopy(map[c][y], 0, padded[c][y], 0, map[c][y].length);
      }
    }
    double[][] tokens =
        toTokens(convolve("patch_embed.projection", padded, embed, new Kernel(side, side, 0, 1)));
    if (config.positionEmbedding()) {
      add(tokens, positions());
    }
    return tokens;
  }

  /** The stored rows, resampled for another grid. */
  private double[][] positions() {
    int side = config.patchSize() / 2;
    int storedRows = (int) Math.ceil(config.imageHeight() / 2 / (double) side);
    int storedColumns = (int) Math.ceil(config.imageWidth() / 2 / (double) side);
    float[] stored = weights.get("pos_embed");
    double[][][] grid = new double[storedRows][storedColumns][embed];
    for (int i = 0; i < stored.length; i++) {
      grid[i / embed / storedColumns][i / embed % storedColumns][i % embed] = stored[i];
    }
    double[][] positions = new double[rows * columns][];
    double[][][] resized = NaiveBicubic.resize(grid, rows, columns);
    for (int t = 0; t < positions.length; t++) {
      positions[t] = resized[t / columns][t % columns];
    }
    return positions;
  }

  private double[][] mix(String prefix, double[][] x) {
    double[][] xz = project(prefix + "in_proj", x, 2 * inner);
    int size = config.convSize();
    double[][][] map = Arrays.copyOf(toMap(xz), inner); // x, without z
    map = convolve(prefix + "conv2d", map, inner, new Kernel(size, 1, size / 2, inner));
    double[][] u = toTokens(activate(map, NaivePlainMamba::silu));
    int rank = (embed + 15) / 16;
    double[][] projected = project(prefix + "x_proj", u, rank + 2 * config.stateSize());
    double[][] y = new double[xz.length][inner];
    for (List<Integer> order : orders()) {
      walk(prefix, order, u, projected, y);
    }
    for (int t = 0; t < xz.length; t++) {
      for (int c = 0; c < inner; c++) {
        y[t][c] *= silu(xz[t][inner + c]);
      }
    }
    return project(prefix + "out_proj", y, embed);
  }

  /** One direction, added to y. */
  private void walk(
      String prefix, List<Integer> order, double[][] u, double[][] projected, double[][] y) {
    int states = config.stateSize();
    int rank = (embed + 15) / 16;
    float[] bias = weights.get(prefix + "dt_proj.bias");
    float[] dt = weights.get(prefix + "dt_proj.weight");
    float[] logA = weights.get(prefix + "A_log");
    float[] ofMoves = weights.get(prefix + "direction_Bs");
    float[] skip = weights.get(prefix + "D");
    double[][] h = new double[inner][states];
    for (int t = 0; t < order.size(); t++) {
      int cell = order.get(t);
      int move = t == 0 ? 0 : move(order.get(t - 1), cell);
      for (int c = 0; c < inner; c++) {
        double delta = 2.0 * bias[c];
        for (int r = 0; r < rank; r++) {
          delta += dt[c * rank + r] * projected[t][r];
        }
        delta = Math.log1p(Math.exp(delta));
        y[cell][c] += skip[c] * u[cell][c];
        for (int n = 0; n < states; n++) {
          double b = projected[t][rank + n] + ofMoves[move * states + n];
          double decay = Math.exp(-Math.exp(logA[c * states + n]) * delta);
          h[c][n] = decay * h[c][n] + delta * b * u[cell][c];
          y[cell][c] += projected[t][rank + states + n] * h[c][n];
        }
      }
    }
  }

  /** 1 right, 2 left, 3 up, 4 down. */
  private int move(int from, int to) {
    if (from / columns == to / columns) {
      return to > from ? 1 : 2;
    }
    return to < from ? 3 : 4;
  }

  private List<List<Integer>> orders() {
    List<Integer> byRows = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int step = 0; step < columns; step++) {
        byRows.add(row * columns + (row % 2 == 0 ? step : columns - 1 - step));
      }
    }
    List<Integer> byColumns = new ArrayList<>();
    for (int column = 0; column < columns; column++) {
      for (int step = 0; step < rows; step++) {
        byColumns.add((column % 2 == 0 ? step : rows - 1 - step) * columns + column);
      }
    }
    List<Integer> rowsBack = new ArrayList<>(byRows);
    Collections.reverse(rowsBack);
    List<Integer> columnsBack = new ArrayList<>(byColumns);
    Collections.reverse(columnsBack);
    return List.of(byRows, rowsBack, byColumns, columnsBack);
  }

  /** A square kernel. */
  private record Kernel(int size, int stride, int padding, int groups) {}

  private double[][][] convolve(String name, double[][][] x, int outputs, Kernel kernel) {
    float[] weight = weights.get(name + ".weight");
    float[] bias = weights.getOrDefault(name + ".bias", new float[outputs]);
    int size = kernel.size();
    int height = (x[0].length + 2 * kernel.padding() - size) / kernel.stride() + 1;
    int width = (x[0][0].length + 2 * kernel.padding() - size) / kernel.stride() + 1;
    int inputs = x.length / kernel.groups();
    double[][][] y = new double[outputs][height][width];
    for (int out = 0; out < outputs; out++) {
      int first = out / (outputs / kernel.groups()) * inputs;
      for (int row = 0; row < height; row++) {
        for (int column = 0; column < width; column++) {
          double sum = bias[out];
          for (int i = 0; i < inputs * size * size; i++) {
            int fromRow = row * kernel.stride() - kernel.padding() + i / size % size;
            int fromColumn = column * kernel.stride() - kernel.padding() + i % size;
            if (fromRow >= 0
                && fromRow < x[0].length
                && fromColumn >= 0
                && fromColumn < x[0][0].length) {
              sum +=
                  weight[out * inputs * size * size + i]
                      * x[first + i / size / size][fromRow][fromColumn];
            }
          }
          y[out][row][column] = sum;
        }
      }
    }
    return y;
  }

  private double[][][] batchNorm(String prefix, double[][][] x) {
    double[][][] y = new double[x.length][][];
    for (int c = 0; c < x.length; c++) {
      double mean = weights.get(prefix + "running_mean")[c];
      double deviation = Math.sqrt(weights.get(prefix + "running_var")[c] + 1e-5);
      double weight = weights.get(prefix + "weight")[c];
      double bias = weights.get(prefix + "bias")[c];
      y[c] = activate(new double[][][] {x[c]}, v -> (v - mean) / deviation * weight + bias)[0];
    }
    return y;
  }

  private double[][] layerNorm(String prefix, double[][] x) {
    return norm(prefix, x, 1e-5, config.rmsNorm());
  }

  private double[][] norm(String prefix, double[][] x, double epsilon, boolean rms) {
    float[] weight = weights.get(prefix + "weight");
    float[] bias = weights.getOrDefault(prefix + "bias", new float[embed]);
    double[][] y = new double[x.length][embed];
    for (int t = 0; t < x.length; t++) {
      double mean = 0;
      for (double value : x[t]) {
        mean += rms ? 0 : value / embed;
      }
      double square = 0;
      for (double value : x[t]) {
        square += (value - mean) * (value - mean) / embed;
      }
      for (int c = 0; c < embed; c++) {
        y[t][c] = (x[t][c] - mean) / Math.sqrt(square + epsilon) * weight[c] + bias[c];
      }
    }
    return y;
  }

  private double[][] project(String name, double[][] x, int outputs) {
    float[] weight = weights.get(name + ".weight");
    float[] bias = weights.getOrDefault(name + ".bias", new float[outputs]);
    int inputs = x[0].length;
    double[][] y = new double[x.length][outputs];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < outputs; o++) {
        y[t][o] = bias[o];
        for (int i = 0; i < inputs; i++) {
          y[t][o] += weight[o * inputs + i] * x[t][i];
        }
      }
    }
    return y;
  }

  private double[][][] toMap(double[][] tokens) {
    double[][][] map = new double[tokens[0].length][rows][columns];
    for (int t = 0; t < tokens.length; t++) {
      for (int c = 0; c < map.length; c++) {
        map[c][t / columns][t % columns] = tokens[t][c];
      }
    }
    return map;
  }

  private double[][] toTokens(double[][][] map) {
    double[][] tokens = new double[rows * columns][map.length];
    for (int t = 0; t < tokens.length; t++) {
      for (int c = 0; c < map.length; c++) {
        tokens[t][c] = map[c][t / columns][t % columns];
      }
    }
    return tokens;
  }

  private static double[][][] activate(double[][][] x, DoubleUnaryOperator function) {
    double[][][] y = new double[x.length][x[0].length][x[0][0].length];
    for (int c = 0; c < x.length; c++) {
      for (int row = 0; row < x[c].length; row++) {
        for (int column = 0; column < x[c][row].length; column++) {
          y[c][row][column] = function.applyAsDouble(x[c][row][column]);
        }
      }
    }
    return y;
  }

  private static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }

  /** x times the normal distribution's function, by Simpson's rule over its density. */
  private static double gelu(double x) {
    int pieces = 400;
    double step = x / pieces;
    double sum = 0;
    for (int i = 0; i <= pieces; i++) {
      double at = i * step;
      double factor = i == 0 || i == pieces ? 1 : i % 2 == 1 ? 4 : 2;
      sum += factor * Math.exp(-at * at / 2);
    }
    return x * (0.5 + sum * step / 3 / Math.sqrt(2 * Math.PI));
  }

  private static void add(double[][] sum, double[][] x) {
    for (int t = 0; t < sum.length; t++) {
      for (int c = 0; c < sum[t].length; c++) {
        sum[t][c] += x[t][c];
      }
    }
  }
}
