package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.types.DataType;
import java.util.Optional;
import java.util.Set;

/**
 * The element types of a safetensors file that become arrays. BF16 and I16 are widened, without
 * loss, because DJL ends the JVM on arrays of those types.
 */
enum StoredType {
  F64(8, DataType.FLOAT64),
  F32(4, DataType.FLOAT32),
  F16(2, DataType.FLOAT16),
  BF16(2, DataType.FLOAT32),
  I64(8, DataType.INT64),
  I32(4, DataType.INT32),
  I16(2, DataType.INT32),
  I8(1, DataType.INT8),
  U8(1, DataType.UINT8),
  BOOL(1, DataType.BOOLEAN);

  /** Types that the format knows and this library cannot hold. */
  private static final Set<String> UNSUPPORTED =
      Set.of(
          "U16",
          "U32",
          "U64",
          "C64",
          "F8_E4M3",
          "F8_E5M2",
          "F8_E8M0",
          "F8_E4M3FNUZ",
          "F8_E5M2FNUZ",
          "F6_E2M3",
          "F6_E3M2",
          "F4");

  private final int bytes;
  private final DataType arrayType;

  StoredType(int bytes, DataType arrayType) {
    this.bytes = bytes;
    this.arrayType = arrayType;
  }

  /** Bytes of one element in the file. */
  int bytes() {
    return bytes;
  }

  /** Type of the array that such a tensor is read into. */
  DataType arrayType() {
    return arrayType;
  }

  /** Whether reading converts the elements, so that the file's bytes are not the array's. */
  boolean isWidened() {
    return this == BF16 || this == I16;
  }

  /** The type of that name, empty when the name is not one of the constants. */
  static Optional<StoredType> named(String dtype) {
    for (StoredType type : values()) {
      if (type.name().equals(dtype)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type that holds an array of this type as it is, empty when there is none. */
  static Optional<StoredType> holding(DataType arrayType) {
    for (StoredType type : values()) {
      if (type.arrayType == arrayType && !type.isWidened()) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** Whether the format has a type of that name which this library cannot hold. */
  static boolean isKnownButUnsupported(String dtype) {
    return UNSUPPORTED.contains(dtype);
  }
}
