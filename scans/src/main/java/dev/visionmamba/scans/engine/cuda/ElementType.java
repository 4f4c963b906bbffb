package dev.visionmamba.scans.engine.cuda;

import ai.djl.ndarray.types.DataType;
import java.util.Optional;

/** What operands are made of; the kernels are compiled for each. */
enum ElementType {
  FLOAT32(4),
  FLOAT16(2),
  /** Not to be had from DJL, which cannot hold such arrays. */
  BFLOAT16(2);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of an element. */
  int bytes() {
    return bytes;
  }

  /** The kernels' constant. */
  String option() {
    return "-DELEMENT=" + ordinal();
  }

  /** The type of DJL's arrays; empty if no kernel takes it. */
  static Optional<ElementType> of(DataType type) {
    return switch (type) {
      case FLOAT32 -> Optional.of(FLOAT32);
      case FLOAT16 -> Optional.of(FLOAT16);
      default -> Optional.empty();
    };
  }
}
