package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * As many rows of a map as a filter covers, with zeros at their ends, and the convolution over
 * them. One worker reuses it.
 */
final class Convolution2dTile {
  private final ScanKernel kernel;
  private Operands operands;
  private CpuConvolution2d.Band band;

  /** Columns of a token in a row: the channels of the band, rounded up to whole vectors. */
  private int stride;

  /** The rows around the one that is written, [W + K - 1][stride] each; the topmost first. */
  private float[][] rows = {};

  /** Filters, [K * K][stride]. */
  private float[] weight = {};

  private float[] bias = {};

  /** The row that is written, [W][stride]. */
  private float[] sum = {};

  Convolution2dTile(ScanKernel kernel) {
    this.kernel = kernel;
  }

  /** A convolution's operands in memory, shared by all workers. */
  static final class Operands {
    private final int height;
    private final int width;
    private final int size; // K
    private final Rows x;
    private final FloatBuffer weight;
    private final FloatBuffer bias;
    private final Rows output;

    Operands(DepthwiseConv2dArguments arguments, NDArray output) {
      this.height = arguments.height();
      this.width = arguments.width();
      this.size = arguments.kernel();
      this.x = Rows.of(arguments.x());
      this.weight = Rows.floats(arguments.weight());
      this.bias = arguments.bias() == null ? null : Rows.floats(arguments.bias());
      this.output = Rows.of(output);
    }
  }

  /** Convolves a band. */
  void forward(Operands operands, CpuConvolution2d.Band band) {
    open(operands, band);
    int margin = operands.size / 2;
    for (int i = 0; i < operands.size - 1; i++) {
      read(band.fromRow() - margin + i, rows[i]);
    }
    for (int row = band.fromRow(); row < band.toRow(); row++) {
      read(row + margin, rows[operands.size - 1]);
      kernel.convolve(rows, weight, bias, operands.size, sum, operands.width, stride);
      kernel.silu(sum, operands.width * stride);
      write(row);
      moveUp();
    }
  }

  private void open(Operands operands, CpuConvolution2d.Band band) {
    this.operands = operands;
    this.band = band;
    int lanes = kernel.lanes();
    int channels = band.toChannel() - band.fromChannel();
    int taps = operands.size * operands.size;
    stride = (channels + lanes - 1) / lanes * lanes;
    rows = rows.length == operands.size ? rows : new float[operands.size][0];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = ScanTile.grown(rows[i], (operands.width + operands.size - 1) * stride);
      Arrays.fill(rows[i], 0f); // the ends, and lanes without a channel, stay so
    }
    weight = ScanTile.grown(weight, taps * stride);
    bias = ScanTile.grown(bias, stride);
    sum = ScanTile.grown(sum, operands.width * stride);
    for (int i = 0; i < stride; i++) {
      int channel = band.fromChannel() + i;
      boolean exists = i < channels;
      for (int k = 0; k < taps; k++) {
        weight[k * stride + i] = exists ? operands.weight.get(channel * taps + k) : 0f;
      }
      bias[i] = exists && operands.bias != null ? operands.bias.get(channel) : 0f;
    }
  }

  /** A row of the map, or zeros above and below it. */
  private void read(int row, float[] to) {
    int first = operands.size / 2 * stride;
    if (row < 0 || row >= operands.height) {
      Arrays.fill(to, first, first + operands.width * stride, 0f);
      return;
    }
    int channels = band.toChannel() - band.fromChannel();
    for (int i = 0, token = row * operands.width; i < operands.width; i++, token++) {
      int at = first + i * stride;
      operands.x.get(band.item(), token, band.fromChannel(), channels, to, at);
    }
  }

  private void write(int row) {
    int channels = band.toChannel() - band.fromChannel();
    for (int i = 0, token = row * operands.width; i < operands.width; i++, token++) {
      operands.output.put(band.item(), token, band.fromChannel(), channels, sum, i * stride);
    }
  }

  /** The topmost row has been seen for the last time; its array takes the next. */
  private void moveUp() {
    float[] top = rows[0];
    System.arraycopy(rows, 1, rows, 0, rows.length - 1);
    rows[rows.length - 1] = top;
  }
}
