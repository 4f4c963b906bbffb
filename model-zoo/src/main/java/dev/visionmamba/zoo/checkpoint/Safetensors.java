package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads and writes safetensors files, the format of the README of {@code huggingface/safetensors}:
 * 8 bytes of header length, a JSON header, then the tensors' bytes, little-endian and row-major.
 *
 * <p>Reading checks the whole header before it creates the first array, is as strict as the
 * reference (no duplicate keys, holes, overlaps, trailing bytes; header up to 100 MB), and stricter
 * in its limits: 100,000 tensors, 8 dimensions, and 2 GiB - 1 of memory for one tensor. It needs no
 * more than the arrays' memory and, on the heap, a few times the header's.
 *
 * <p>Types F64, F32, F16, I64, I32, I8, U8 and BOOL are kept; BF16 becomes FLOAT32 and I16 INT32,
 * exactly. Managers must be of the PyTorch engine, all of whose platforms are little-endian.
 */
public final class Safetensors {
  private static final int CHUNK_BYTES = 1 << 18;

  private Safetensors() {}

  /**
   * Reads and checks a file's header alone.
   *
   * @param file the file
   * @return what the file holds
   * @throws CheckpointException if the file is missing, damaged or not supported
   */
  public static SafetensorsHeader readHeader(Path file) throws CheckpointException {
    return withFile(file, SafetensorsHeaderParser::parse);
  }

  /**
   * Reads a file.
   *
   * @param file the file
   * @param manager owns the arrays, which lie on its device
   * @return the tensors in the order of their bytes, and the metadata
   * @throws CheckpointException if the file is missing, damaged or not supported; no array is left
   *     behind
   */
  public static Checkpoint read(Path file, NDManager manager) throws CheckpointException {
    return withFile(file, input -> read(input, manager));
  }

  /**
   * Reads a resource of the class path, also one inside a jar.
   *
   * @param resource the resource, as {@link Class#getResource} gives it
   * @param manager owns the arrays, which lie on its device
   * @return the tensors in the order of their bytes, and the metadata
   * @throws CheckpointException if the resource is missing, damaged or not supported; no array is
   *     left behind
   */
  public static Checkpoint read(URL resource, NDManager manager) throws CheckpointException {
    try {
      URLConnection connection = resource.openConnection();
      // A cached connection would keep its jar open for as long as the JVM runs.
      connection.setUseCaches(false);
      try (InputStream stream = connection.getInputStream()) {
        long length = connection.getContentLengthLong();
        return read(Channels.newChannel(stream), length, resource.toString(), manager);
      }
    } catch (CheckpointException e) {
      throw e;
    } catch (IOException e) {
      throw unreadable(resource.toString(), e);
    }
  }

  /**
   * Reads a file's bytes from any channel, to their end.
   *
   * @param channel a blocking channel at the file's first byte; is not closed
   * @param length how many bytes it has
   * @param name what messages call the file
   * @param manager owns the arrays, which lie on its device
   * @return the tensors in the order of their bytes, and the metadata
   * @throws CheckpointException if the bytes are damaged, not supported, or fewer than {@code
   *     length}; no array is left behind
   */
  public static Checkpoint read(
      ReadableByteChannel channel, long length, String name, NDManager manager)
      throws CheckpointException {
    return read(new CheckpointInput(channel, length, name), manager);
  }

  /**
   * Writes a file as a whole or not at all (see {@link AtomicFiles}). Equal arguments give equal
   * bytes: tensors are stored in the map's order and metadata sorted by key. The data starts at a
   * multiple of 8 bytes; within it tensors follow each other without padding.
   *
   * @param file the file to write or replace; its folder must exist
   * @param tensors arrays of FLOAT64, FLOAT32, FLOAT16, INT64, INT32, INT8, UINT8 or BOOLEAN by
   *     name, of up to 8 dimensions and less than 2 GiB each, on any device and in any memory
   *     layout
   * @param metadata free-form texts by key, may be empty
   * @throws IOException if the file cannot be written
   * @throws IllegalArgumentException if a tensor is of another type or too large, a name is {@code
   *     __metadata__}, or a text is not well-formed Unicode
   * @throws IllegalStateException if an array is closed
   */
  public static void write(Path file, Map<String, NDArray> tensors, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter.write(file, tensors, metadata);
  }

  private static Checkpoint read(CheckpointInput input, NDManager manager)
      throws CheckpointException {
    SafetensorsHeader header = SafetensorsHeaderParser.parse(input);
    for (TensorEntry entry : header.tensors()) {
      if (entry.arrayBytes() > Integer.MAX_VALUE) {
        throw new CheckpointException(
            input.file(),
            String.format(
                "tensor %s needs %d bytes of memory, but the limit is 2 GiB - 1",
                quote(entry.name()), entry.arrayBytes()),
            "split the tensor or store it in a smaller type");
      }
    }
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    // Closing the staging manager after a failure closes what was read until then.
    try (NDManager staging = manager.newSubManager(Device.cpu())) {
      ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (TensorEntry entry : header.tensors()) {
        NDArray array = readTensor(entry, input, chunk, staging);
        if (!manager.getDevice().equals(Device.cpu())) {
          NDArray onDevice = array.toDevice(manager.getDevice(), true);
          array.close();
          onDevice.attach(staging);
          array = onDevice;
        }
        array.setName(entry.name());
        tensors.put(entry.name(), array);
      }
      tensors.values().forEach(array -> array.attach(manager));
    } catch (EngineException e) {
      throw new CheckpointException(
          input.file(),
          "its arrays cannot be created (" + e.getMessage() + ")",
          "check that the memory of " + manager.getDevice() + " holds them",
          e);
    }
    return new Checkpoint(tensors, header.metadata());
  }

  private static NDArray readTensor(
      TensorEntry entry, CheckpointInput input, ByteBuffer chunk, NDManager manager)
      throws CheckpointException {
    NDArray array = manager.create(entry.shape(), entry.arrayType());
    if (entry.begin() == entry.end()) {
      return array;
    }
    String what = "tensor " + quote(entry.name());
    ByteBuffer memory = array.toByteBuffer(true); // the array's own memory
    if (entry.type().isWidened()) {
      widen(entry.type(), input, chunk, memory.asIntBuffer(), what);
    } else {
      input.fill(memory, what);
      if (entry.type() == StoredType.BOOL) {
        requireBooleans(memory, input, what);
      }
    }
    return array;
  }

  /** Writes FLOAT32 bits for BF16, whose bits are their upper half, and INT32 for I16. */
  private static void widen(
      StoredType type, CheckpointInput input, ByteBuffer chunk, IntBuffer target, String what)
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

  /** A byte other than 0 and 1 in a boolean array is undefined behaviour in libtorch. */
  private static void requireBooleans(ByteBuffer memory, CheckpointInput input, String what)
      throws CheckpointException {
    for (int i = 0; i < memory.capacity(); i++) {
      if ((memory.get(i) & 0xFE) != 0) {
        throw new CheckpointException(
            input.file(),
            String.format(
                "%s of BOOL has the value %d at byte %d of the file, not 0 or 1",
                what, memory.get(i) & 0xFF, input.position() - memory.capacity() + i),
            SafetensorsHeaderParser.DAMAGED);
      }
    }
  }

  private interface Reading<T> {
    T from(CheckpointInput input) throws CheckpointException;
  }

  private static <T> T withFile(Path file, Reading<T> reading) throws CheckpointException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new CheckpointException(
          file.toString(), "is not a regular file", "give the path of a safetensors file");
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return reading.from(new CheckpointInput(channel, channel.size(), file.toString()));
    } catch (CheckpointException e) {
      throw e;
    } catch (NoSuchFileException e) {
      throw new CheckpointException(file.toString(), "does not exist", "check the path", e);
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    }
  }

  private static CheckpointException unreadable(String file, IOException cause) {
    return new CheckpointException(
        file, "cannot be read (" + cause + ")", "check that it exists and may be read", cause);
  }
}
