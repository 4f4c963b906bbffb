package dev.visionmamba.scans.engine.cuda;

import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import java.util.Arrays;

/**
 * The kernels' structure {@code Scan} in the making: what all passes over a direction are given.
 * The rest is set by the pass, and zero where it has no use for it.
 */
final class ScanStructure {
  private final ScanDirection direction;
  private final Chunks chunks;
  private final long[] operands;

  /** (B, slots, N, D). */
  long state;

  /** Whether each tile has a slot; else each chunk has. */
  boolean keepsTiles;

  long deltaSums;
  long sum;
  boolean begins;
  long output;
  long gate;
  long gateWidth;
  boolean keepsSum;
  double scale = 1;
  long sumGradient;
  long adjoint;
  long uGradient;
  long deltaGradient;
  long uParts;
  long bParts;
  long cParts;
  long deltaParts;
  long parameterRows;

  ScanStructure(ScanDirection direction, boolean softplus, Chunks chunks, Addresses at) {
    this.direction = direction;
    this.chunks = chunks;
    ScanPath path = direction.path();
    ScanPath parameterPath = direction.parameterPath();
    Columns u = direction.u();
    int rank = direction.deltaWeight() == null ? 0 : direction.delta().width();
    this.operands =
        new long[] {
          u.array().getShape().get(0),
          path.steps(),
          direction.channels(),
          direction.stateSize(),
          direction.groups(),
          rank,
          softplus ? 1 : 0,
          chunks.count(),
          chunks.tiles(),
          at.of(path),
          at.of(parameterPath),
          path.tokens(),
          parameterPath.tokens(),
          at.read(u),
          width(u),
          at.read(direction.delta()),
          width(direction.delta()),
          at.read(direction.b()),
          width(direction.b()),
          at.read(direction.c()),
          width(direction.c()),
          at.readParameter(at.rowsOf(direction, direction.a())),
          at.readParameter(at.rowsOf(direction, direction.d())),
          at.readParameter(at.rowsOf(direction, direction.deltaBias())),
          at.readParameter(at.rowsOf(direction, direction.deltaWeight()))
        };
  }

  /** How wide the rows are that columns are of. */
  static long width(Columns columns) {
    return columns.array().getShape().get(2);
  }

  /** R, or 0 without a projection. */
  int rank() {
    return direction.deltaWeight() == null ? 0 : direction.delta().width();
  }

  /** The structure's fields in their order. */
  long[] fields() {
    long[] pass = {
      state,
      keepsTiles ? chunks.allTiles() : chunks.count(),
      keepsTiles ? 1 : chunks.tiles(),
      keepsTiles ? 1 : 0,
      deltaSums,
      sum,
      begins ? 1 : 0,
      output,
      gate,
      gateWidth,
      keepsSum ? 1 : 0,
      Double.doubleToRawLongBits(scale),
      sumGradient,
      adjoint,
      uGradient,
      deltaGradient,
      uParts,
      bParts,
      cParts,
      deltaParts,
      parameterRows
    };
    long[] fields = Arrays.copyOf(operands, operands.length + pass.length);
    System.arraycopy(pass, 0, fields, operands.length, pass.length);
    return fields;
  }
}
