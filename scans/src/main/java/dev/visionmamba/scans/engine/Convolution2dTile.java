package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Three rows of a map, with zeros at their ends, and the 3x3 convolution over them. One worker
 * reuses it.
 */
final class Convolution2dTile {
  private static final int ROWS = 3;
  private static final int TAPS = 9;

  private final ScanKernel kernel;
  private Operands operands;
  private CpuConvolution2d.Band band;

  /** Columns of a token in a row: the channels of the band, rounded up to whole vectors. */
  private int stride;

  /** The rows around the one that is written, [W + 2][stride] each; the topmost first. */
  private final float[][] rows = new float[ROWS][0];

  /** Filters, [9][stride]. */
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
    private final Rows x;
    private final FloatBuffer weight;
    private final FloatBuffer bias;
    private final Rows output;

    Operands(DepthwiseConv2dArguments arguments, NDArray output) {
      this.height = arguments.height();
      this.width = arguments.width();
      this.x = Rows.of(arguments.x());
      this.weight = Rows.floats(arguments.weight());
      this.bias = arguments.bias() == null ? null : Rows.floats(arguments.bias());
      this.output = Rows.of(output);
    }
  }

  /** Convolves a band. */
  void forward(Operands operands, CpuConvolution2d.Band band) {
    open(operands, band);
    read(band.fromRow() - 1, rows[0]);
    read(band.fromRow(), rows[1]);
    for (int row = band.fromRow(); row < band.toRow(); row++) {
      read(row + 1, rows[2]);
      kernel.convolve(rows, weight, bias, sum, operands.width, stride);
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
    stride = (channels + lanes - 1) / lanes * lanes;
    for (int i = 0; i < ROWS; i++) {
      rows[i] = ScanTile.grown(rows[i], (operands.width + 2) * stride);
      Arrays.fill(rows[i], 0f); // the ends, and lanes without a channel, stay so
    }
    weight = ScanTile.grown(weight, TAPS * stride);
    bias = ScanTile.grown(bias, stride);
    sum = ScanTile.grown(sum, operands.width * stride);
    for (int i = 0; i < stride; i++) {
      int channel = band.fromChannel() + i;
      boolean exists = i < channels;
      for (int k = 0; k < TAPS; k++) {
        weight[k * stride + i] = exists ? operands.weight.get(channel * TAPS + k) : 0f;
      }
      bias[i] = exists && operands.bias != null ? operands.bias.get(channel) : 0f;
    }
  }

  /** A row of the map, or zeros above and below it. */
  private void read(int row, float[] to) {
    int first = stride; // after the zeros
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
    rows[0] = rows[1];
    rows[1] = rows[2];
    rows[2] = top;
  }
}
