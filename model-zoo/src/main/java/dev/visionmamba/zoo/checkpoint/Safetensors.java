package dev.visionmamba.zoo.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
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
    return new Checkpoint(
        TensorReader.read(stored(header, input), input.length(), input.file(), manager),
        header.metadata());
  }

  /** The tensors of a header that was read from an input. */
  static List<StoredTensor> stored(SafetensorsHeader header, CheckpointInput input) {
    return header.tensors().stream()
        .map(
            entry ->
                StoredTensor.contiguous(
                    entry.name(),
                    entry.dtype(),
                    entry.shape(),
                    input,
                    header.dataStart() + entry.begin()))
        .toList();
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
