package dev.visionmamba.scans.engine;

import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import java.nio.FloatBuffer;

/**
 * What one piece of a scan adds, along one direction, to the gradients that pieces share: those of
 * A, D and the bias (shared by all sequences), and of B and C (shared by all channels of a group).
 */
final class ScanGradient {
  private final ScanDirection direction;
  private final Workers.Piece piece;
  private final int[] blocks;
  private final int lanes;

  /** [block] of [state][lane], and of [lane]. */
  final float[][] a;

  final float[][] skip;
  final float[][] bias;

  /** [sequence][group] of [step][state]. */
  final float[][][] b;

  final float[][][] c;

  ScanGradient(ScanDirection direction, Workers.Piece piece, int[] blocks, int lanes) {
    this.direction = direction;
    this.piece = piece;
    this.blocks = blocks;
    this.lanes = lanes;
    int count = piece.toBlock() - piece.fromBlock();
    int sequences = piece.toItem() - piece.fromItem();
    int states = direction.stateSize();
    a = new float[count][states * lanes];
    skip = new float[count][lanes];
    bias = new float[count][lanes];
    b = new float[sequences][direction.groups()][direction.path().steps() * states];
    c = new float[sequences][direction.groups()][direction.path().steps() * states];
  }

  /** Adds the gradients of B and C. */
  void addToB(GradientRows gradients) {
    addRows(b, direction.b(), gradients);
    addRows(c, direction.c(), gradients);
  }

  private void addRows(float[][][] values, Columns columns, GradientRows gradients) {
    Rows rows = gradients.of(columns);
    int states = direction.stateSize();
    for (int sequence = piece.fromItem(); sequence < piece.toItem(); sequence++) {
      for (int group = 0; group < direction.groups(); group++) {
        float[] value = values[sequence - piece.fromItem()][group];
        for (int i = 0; i < value.length; i++) {
          int token = direction.parameterPath().token(i / states);
          int at = rows.at(sequence, token, group * states + i % states);
          rows.floats.put(at, rows.floats.get(at) + value[i]);
        }
      }
    }
  }

  /** Adds the gradients of A, D and the bias. */
  void addToA(GradientRows gradients) {
    int states = direction.stateSize();
    FloatBuffer aAll = gradients.floats(direction.a());
    FloatBuffer skipAll = direction.d() == null ? null : gradients.floats(direction.d());
    FloatBuffer biasAll =
        direction.deltaBias() == null ? null : gradients.floats(direction.deltaBias());
    for (int block = piece.fromBlock(); block < piece.toBlock(); block++) {
      int j = block - piece.fromBlock();
      for (int channel = blocks[block]; channel < blocks[block + 1]; channel++) {
        int lane = channel - blocks[block];
        for (int n = 0; n < states; n++) {
          add(aAll, channel * states + n, a[j][n * lanes + lane]);
        }
        add(skipAll, channel, skip[j][lane]);
        add(biasAll, channel, bias[j][lane]);
      }
    }
  }

  private static void add(FloatBuffer sums, int at, float value) {
    if (sums != null) {
      sums.put(at, sums.get(at) + value);
    }
  }
}
