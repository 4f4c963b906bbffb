package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;

/**
 * Where the arrays of one call lie, and memory of the call's own, which is given back when this is
 * closed. The device runs what it was asked for in order, so it may still be at work then.
 */
final class Addresses implements AutoCloseable {
  private final CudaDevice device;
  private final NDManager own;
  private final NDArray like;

  /**
   * Addresses for a call.
   *
   * @param like an array of the call, on the device and of the operands' type
   */
  Addresses(CudaDevice device, NDArray like) {
    this.device = device;
    this.like = like;
    this.own = like.getManager().newSubManager();
  }

  /** The first element of an array to be read, of a copy if its elements lie scattered. */
  long read(NDArray array) {
    return array == null ? 0 : of(device.pointers().contiguous(array, own));
  }

  /** The same of what the kernels read as float32 in any case; 0 for none. */
  long readParameter(NDArray array) {
    if (array == null || array.getDataType() == DataType.FLOAT32) {
      return read(array);
    }
    NDArray single = array.toType(DataType.FLOAT32, false);
    single.attach(own);
    return read(single);
  }

  /** A direction's rows of a parameter or its gradient, for as long as the call; null for none. */
  NDArray rowsOf(ScanDirection direction, NDArray parameter) {
    NDArray rows = direction.rowsOf(parameter);
    if (rows != parameter) {
      rows.attach(own);
    }
    return rows;
  }

  /** The first of the columns to be read; rows are as wide as the array. */
  long read(Columns columns) {
    requireSize(columns.array());
    return read(columns.array()) + offset(columns);
  }

  /** The first element of a contiguous array; 0 for none. */
  long of(NDArray array) {
    return array == null ? 0 : device.pointers().address(array);
  }

  /** The place of the first of the columns in a contiguous array like theirs. */
  long of(NDArray array, Columns columns) {
    return of(array) + offset(columns);
  }

  /** A path's tokens, int32. */
  long of(ScanPath path) {
    return of(device.paths().get(path, own));
  }

  private static long offset(Columns columns) {
    return (long) columns.from() * columns.array().getDataType().getNumOfBytes();
  }

  /** Memory of the call, float32, with anything in it. */
  NDArray floats(long... shape) {
    return own.create(new Shape(shape), DataType.FLOAT32, like.getDevice());
  }

  /** Memory of the call, float32. */
  NDArray zeros(long... shape) {
    return own.zeros(new Shape(shape), DataType.FLOAT32, like.getDevice());
  }

  /** The kernels count the elements of a sequence with 32 bits. */
  private static void requireSize(NDArray tokens) {
    long elements = tokens.getShape().get(1) * tokens.getShape().get(2);
    if (elements > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a sequence of "
              + tokens.getShape()
              + " has "
              + elements
              + " elements, but a scan on a GPU works on at most "
              + Integer.MAX_VALUE
              + "; cut the image into tiles");
    }
  }

  @Override
  public void close() {
    own.close();
  }
}
