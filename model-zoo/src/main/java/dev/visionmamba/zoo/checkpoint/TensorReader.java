package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads tensors straight into arrays' own memory. Only a view that is not contiguous passes through
 * the heap, as the part of its storage that it spans.
 */
final class TensorReader {
  private static final int CHUNK_BYTES = 1 << 18;

  /** Views may show bytes more than once: so much more than the file's bytes in all. */
  private static final int MOST_VIEWS = 4;

  private static final long SMALL = 1 << 24;

  private final NDManager manager;
  private final ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private TensorReader(NDManager manager) {
    this.manager = manager;
  }

  /**
   * Reads tensors.
   *
   * @param tensors of different names
   * @param fileBytes how many bytes the file, or all its parts, have
   * @param file its name for messages
   * @param manager owns the arrays, which lie on its device
   * @return the arrays by name, in the order of the tensors
   * @throws CheckpointException if one cannot be read; no array is left behind
   */
  static Map<String, NDArray> read(
      Collection<StoredTensor> tensors, long fileBytes, String file, NDManager manager)
      throws CheckpointException {
    checkSizes(tensors, fileBytes, file);
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    // Closing the staging manager after a failure closes what was read until then.
    try (NDManager staging = manager.newSubManager(Device.cpu())) {
      TensorReader reader = new TensorReader(staging);
      for (StoredTensor tensor : tensors) {
        NDArray array = reader.read(tensor);
        if (!manager.getDevice().equals(Device.cpu())) {
          NDArray onDevice = array.toDevice(manager.getDevice(), true);
          array.close();
          onDevice.attach(staging);
          array = onDevice;
        }
        array.setName(tensor.name());
        if (arrays.put(tensor.name(), array) != null) {
          throw new CheckpointException(
              file,
              "has the tensor " + quote(tensor.name()) + " twice",
              "choose the part of the file that is the state dict");
        }
      }
      arrays.values().forEach(array -> array.attach(manager));
    } catch (EngineException e) {
      throw new CheckpointException(
          file,
          "its arrays cannot be created (" + e.getMessage() + ")",
          "check that the memory of " + manager.getDevice() + " holds them",
          e);
    }
    return arrays;
  }

  private static void checkSizes(Collection<StoredTensor> tensors, long fileBytes, String file)
      throws CheckpointException {
    long limit =
        fileBytes > Long.MAX_VALUE / (2 * MOST_VIEWS) ? Long.MAX_VALUE : MOST_VIEWS * fileBytes;
    long bytes = -SMALL;
    for (StoredTensor tensor : tensors) {
      if (tensor.arrayType().isEmpty()) {
        throw new CheckpointException(
            file,
            "tensor "
                + quote(tensor.name())
                + " has the type "
                + quote(tensor.dtype())
                + ", which is not supported",
            "convert the tensor to a supported type first");
      }
      long needed = tensor.arrayBytes();
      if (!tensor.isContiguous()) {
        needed = Math.max(needed, tensor.spanBytes());
      }
      if (needed < 0 || needed > Integer.MAX_VALUE) {
        throw new CheckpointException(
            file,
            String.format(
                "tensor %s needs %d bytes of memory, but the limit is 2 GiB - 1",
                quote(tensor.name()), needed),
            "split the tensor or store it in a smaller type");
      }
      bytes += needed;
      if (bytes > limit) {
        throw new CheckpointException(
            file,
            "its tensors show the same bytes so often that they need more than "
                + MOST_VIEWS
                + " times the file's size",
            "store the tensors contiguously if the file is to be trusted");
      }
    }
  }

  private NDArray read(StoredTensor tensor) throws CheckpointException {
    StoredType type = tensor.type();
    NDArray array = manager.create(tensor.shape(), type.arrayType());
    if (array.getShape().size() == 0) {
      return array;
    }
    CheckpointInput input = tensor.input();
    String what = "tensor " + quote(tensor.name());
    ByteBuffer memory = array.toByteBuffer(true); // the array's own memory
    input.seek(tensor.start());
    if (!tensor.isContiguous()) {
      gather(tensor, memory.order(ByteOrder.nativeOrder()), what);
    } else if (type.isWidened()) {
      widen(type, input, memory.asIntBuffer(), what);
    } else {
      input.fill(memory, what);
    }
    if (type == StoredType.BOOL) {
      requireBooleans(memory, tensor, what);
    }
    return array;
  }

  /** Writes FLOAT32 bits for BF16, whose bits are their upper half, and INT32 for I16. */
  private void widen(StoredType type, CheckpointInput input, IntBuffer target, String what)
      throws CheckpointException {
    int shift = type == StoredType.BF16 ? 16 : 0;
    while (target.hasRemaining()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), 2L * target.remaining()));
      input.fill(chunk, what);
      chunk.flip();
      while (chunk.hasRemaining()) {
        target.put(chunk.getShort() << shift);
      }
    }
  }

  /** Copies the elements of a view in row-major order. */
  private void gather(StoredTensor tensor, ByteBuffer target, String what)
      throws CheckpointException {
    StoredType type = tensor.type();
    long spanBytes = tensor.spanBytes();
    ByteBuffer span =
        (spanBytes <= chunk.capacity()
                ? chunk.clear().limit((int) spanBytes)
                : ByteBuffer.allocate((int) spanBytes))
            .order(ByteOrder.LITTLE_ENDIAN);
    tensor.input().fill(span, what);
    long[] shape = tensor.storedShape();
    long[] strides = tensor.strides();
    int inner = shape.length - 1;
    int step = (int) strides[inner] * type.bytes();
    long[] index = new long[shape.length];
    long row = 0; // in elements
    while (target.hasRemaining()) {
      int at = (int) row * type.bytes();
      for (long i = 0; i < shape[inner]; i++) {
        put(type, span, at, target);
        at += step;
      }
      for (int axis = inner - 1; axis >= 0; axis--) {
        row += strides[axis];
        if (++index[axis] < shape[axis]) {
          break;
        }
        row -= shape[axis] * strides[axis];
        index[axis] = 0;
      }
    }
  }

  private static void put(StoredType type, ByteBuffer source, int at, ByteBuffer target) {
    switch (type) {
      case BF16 -> target.putInt(source.getShort(at) << 16);
      case I16 -> target.putInt(source.getShort(at));
      default -> {
        switch (type.bytes()) {
          case 8 -> target.putLong(source.getLong(at));
          case 4 -> target.putInt(source.getInt(at));
          case 2 -> target.putShort(source.getShort(at));
          default -> target.put(source.get(at));
        }
      }
    }
  }

  /** A byte other than 0 and 1 in a boolean array is undefined behaviour in libtorch. */
  private static void requireBooleans(ByteBuffer memory, StoredTensor tensor, String what)
      throws CheckpointException {
    for (int i = 0; i < memory.capacity(); i++) {
      if ((memory.get(i) & 0xFE) != 0) {
        throw new CheckpointException(
            tensor.input().file(),
            tensor.isContiguous()
                ? String.format(
                    "%s of BOOL has the value %d at byte %d of the file, not 0 or 1",
                    what, memory.get(i) & 0xFF, tensor.start() + i)
                : String.format(
                    "%s of BOOL has the value %d, not 0 or 1", what, memory.get(i) & 0xFF),
            "the file is damaged: fetch it again");
      }
    }
  }
}
