package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes float32 tensors as {@code torch.save} does, for networks too large to be a resource. */
public final class PyTorchWriter {
  private PyTorchWriter() {}

  /** The file of {@code {key: state_dict}}. */
  public static void write(Path file, String key, Map<String, NDArray> tensors) throws IOException {
    write(file, new PickleBytes().op('}'), key, tensors);
  }

  /** As mmengine writes it: {@code {"meta": {"epoch": 12}, "state_dict": state_dict}}. */
  public static void writeDense(Path file, Map<String, NDArray> tensors) throws IOException {
    PickleBytes pickle = new PickleBytes().op('}');
    pickle.text("meta").op('}').text("epoch").number(12).op('s').op('s');
    write(file, pickle, "state_dict", tensors);
  }

  private static void write(Path file, PickleBytes pickle, String key, Map<String, NDArray> tensors)
      throws IOException {
    pickle.text(key).op('}').op('(');
    Map<String, NDArray> storages = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          String storage = Integer.toString(storages.size());
          long[] shape = tensor.getShape().getShape();
          pickle.text(name);
          pickle.tensor("FloatStorage", storage, tensor.size(), 0, shape, strides(shape));
          storages.put(storage, tensor);
        });
    pickle.op('u').op('s');
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      store(zip, "archive/data.pkl", pickle.end());
      for (Map.Entry<String, NDArray> storage : storages.entrySet()) {
        ByteBuffer bytes = storage.getValue().toByteBuffer();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        store(zip, "archive/data/" + storage.getKey(), copy);
      }
      store(zip, "archive/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static long[] strides(long[] shape) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= shape[i];
    }
    return strides;
  }

  private static void store(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    CRC32 sum = new CRC32();
    sum.update(bytes);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(bytes.length);
    entry.setCrc(sum.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
