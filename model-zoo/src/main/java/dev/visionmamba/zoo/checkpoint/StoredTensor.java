package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;

/** A tensor of a checkpoint file that has not been read yet. */
public final class StoredTensor {
  private final String name;
  private final String dtype;
  private final Shape shape;
  private final CheckpointInput input;
  private final long start;
  private final long[] storedShape;
  private final long[] strides;

  private StoredTensor(
      String name,
      String dtype,
      Shape shape,
      CheckpointInput input,
      long start,
      long[] storedShape,
      long[] strides) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.input = input;
    this.start = start;
    this.storedShape = storedShape;
    this.strides = strides;
  }

  /** A tensor whose elements lie one after the other from a byte of the input on. */
  static StoredTensor contiguous(
      String name, String dtype, Shape shape, CheckpointInput input, long start) {
    return new StoredTensor(name, dtype, shape, input, start, null, null);
  }

  /** A view, checked to lie within the input, whose first element is at a byte of the input. */
  static StoredTensor view(
      String name, String dtype, long[] shape, long[] strides, CheckpointInput input, long start) {
    return ViewBounds.isContiguous(shape, strides)
        ? contiguous(name, dtype, new Shape(shape), input, start)
        : new StoredTensor(name, dtype, new Shape(shape), input, start, shape, strides);
  }

  /** A tensor of a kind that is known by its name alone. */
  static StoredTensor unreadable(String name, String kind, CheckpointInput input) {
    return new StoredTensor(name, kind, new Shape(), input, 0, null, null);
  }

  /** The same elements by another name. */
  StoredTensor named(String newName) {
    return new StoredTensor(newName, dtype, shape, input, start, storedShape, strides);
  }

  /** The same elements, in row-major order, in another shape of as many. */
  StoredTensor shaped(Shape newShape) {
    if (newShape.size() != shape.size()) {
      throw new IllegalArgumentException(name + " of " + shape + " cannot be " + newShape);
    }
    return new StoredTensor(name, dtype, newShape, input, start, storedShape, strides);
  }

  /**
   * Its name: the keys on the way to it, joined by dots.
   *
   * @return any text
   */
  public String name() {
    return name;
  }

  /**
   * The element type's name as safetensors files write it: F64, F32, F16, BF16, I64, I32, I16, I8,
   * U8, BOOL, or another that cannot be read.
   *
   * @return the name
   */
  public String dtype() {
    return dtype;
  }

  /**
   * The dimensions.
   *
   * @return no dimension for a scalar, a 0 among them for an empty tensor
   */
  public Shape shape() {
    return shape;
  }

  /**
   * The type of the array that reading gives.
   *
   * @return the array type that equals {@link #dtype}, except FLOAT32 for BF16 and INT32 for I16;
   *     empty if no array can hold it
   */
  public Optional<DataType> arrayType() {
    return StoredType.named(dtype).map(StoredType::arrayType);
  }

  /** The element type; only of a tensor that can be read. */
  StoredType type() {
    return StoredType.valueOf(dtype);
  }

  /** Bytes of the array that reading gives. */
  long arrayBytes() {
    return TensorLayout.byteCount(shape, type().arrayType().getNumOfBytes());
  }

  CheckpointInput input() {
    return input;
  }

  /** The offset in the input of the first element. */
  long start() {
    return start;
  }

  boolean isContiguous() {
    return strides == null;
  }

  /** The shape that the strides belong to; only of a tensor that is not contiguous. */
  long[] storedShape() {
    return storedShape.clone();
  }

  /** In elements; only of a tensor that is not contiguous. */
  long[] strides() {
    return strides.clone();
  }

  /** Bytes of the file from the first element to the last of a tensor that is not contiguous. */
  long spanBytes() {
    return ViewBounds.span(storedShape, strides) * type().bytes();
  }

  @Override
  public String toString() {
    return CheckpointException.quote(name) + " " + dtype + " " + shape;
  }
}
