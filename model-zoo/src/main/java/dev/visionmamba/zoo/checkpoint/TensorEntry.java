package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * One tensor of a safetensors file, as its header describes it.
 *
 * @param name the tensor's name, well-formed Unicode, any length
 * @param dtype the element type's name in the file: one of F64, F32, F16, BF16, I64, I32, I16, I8,
 *     U8, BOOL
 * @param shape the dimensions, row-major; no dimension for a scalar, a 0 among them for an empty
 *     tensor
 * @param begin the first byte, counted from the start of the data
 * @param end the byte after the last, counted from the start of the data
 */
public record TensorEntry(String name, String dtype, Shape shape, long begin, long end) {
  /**
   * Returns the type of the array that reading gives.
   *
   * @return the array type that equals {@link #dtype}, except FLOAT32 for BF16 and INT32 for I16
   */
  public DataType arrayType() {
    return type().arrayType();
  }

  /**
   * Returns the memory that the array needs.
   *
   * @return bytes, twice the bytes in the file for BF16 and I16
   */
  public long arrayBytes() {
    return (end - begin) / type().bytes() * type().arrayType().getNumOfBytes();
  }

  /** The element type; an entry of a parsed header always has one. */
  StoredType type() {
    return StoredType.valueOf(dtype);
  }
}
