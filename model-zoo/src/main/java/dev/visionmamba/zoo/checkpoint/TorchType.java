package dev.visionmamba.zoo.checkpoint;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An element type of PyTorch.
 *
 * @param dtype its name as safetensors files write it, a {@link StoredType} where arrays can hold
 *     it
 * @param bytes of one element
 */
record TorchType(String dtype, int bytes) {
  /** Bytes of no type, as newer releases store them. */
  static final TorchType UNTYPED = new TorchType("U8", 1);

  private static final Map<String, TorchType> STORAGES = new HashMap<>();
  private static final Map<String, TorchType> DTYPES = new HashMap<>();

  static {
    add("F64", 8, "Double", "float64");
    add("F32", 4, "Float", "float32");
    add("F16", 2, "Half", "float16");
    add("BF16", 2, "BFloat16", "bfloat16");
    add("I64", 8, "Long", "int64");
    add("I32", 4, "Int", "int32");
    add("I16", 2, "Short", "int16");
    add("I8", 1, "Char", "int8");
    add("U8", 1, "Byte", "uint8");
    add("BOOL", 1, "Bool", "bool");
    // Known, so that files that hold them beside weights can be read; no array holds them.
    add("C64", 8, "ComplexFloat", "complex64");
    add("C128", 16, "ComplexDouble", "complex128");
    add("QI8", 1, "QInt8", "qint8");
    add("QU8", 1, "QUInt8", "quint8");
    add("QI32", 4, "QInt32", "qint32");
    DTYPES.put("uint16", new TorchType("U16", 2));
    DTYPES.put("uint32", new TorchType("U32", 4));
    DTYPES.put("uint64", new TorchType("U64", 8));
    DTYPES.put("float8_e4m3fn", new TorchType("F8_E4M3", 1));
    DTYPES.put("float8_e5m2", new TorchType("F8_E5M2", 1));
    DTYPES.put("float8_e4m3fnuz", new TorchType("F8_E4M3FNUZ", 1));
    DTYPES.put("float8_e5m2fnuz", new TorchType("F8_E5M2FNUZ", 1));
  }

  private static void add(String dtype, int bytes, String storage, String name) {
    TorchType type = new TorchType(dtype, bytes);
    STORAGES.put(storage + "Storage", type);
    DTYPES.put(name, type);
  }

  /** The elements of a storage class, {@code torch.FloatStorage} or one of {@code torch.cuda}. */
  static Optional<TorchType> ofStorage(String global) {
    if (global.equals("torch.storage.UntypedStorage")
        || global.equals("torch.storage._UntypedStorage")) {
      return Optional.of(UNTYPED);
    }
    for (String module : new String[] {"torch.cuda.", "torch."}) {
      if (global.startsWith(module)) {
        return Optional.ofNullable(STORAGES.get(global.substring(module.length())));
      }
    }
    return Optional.empty();
  }

  /** The type of a dtype, {@code torch.float32}. */
  static Optional<TorchType> ofDtype(String global) {
    return global.startsWith("torch.")
        ? Optional.ofNullable(DTYPES.get(global.substring("torch.".length())))
        : Optional.empty();
  }
}
