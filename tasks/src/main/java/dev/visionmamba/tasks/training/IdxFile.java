package dev.visionmamba.tasks.training;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/**
 * An array of unsigned bytes in MNIST's IDX format: two zero bytes, the element type (8: unsigned
 * byte), the number of dimensions, each dimension as a big-endian int, then the elements row-major.
 */
final class IdxFile {
  /** More than ten times MNIST; keeps a damaged file from asking for the whole heap. */
  private static final long MAX_BYTES = 1L << 29;

  /** Deflate's format cannot compress further than this. */
  private static final long MAX_COMPRESSION = 1032;

  private static final int UNSIGNED_BYTE = 8;
  private static final String FETCH_AGAIN = "; the file is damaged or another: fetch it again";

  private final int[] dimensions;
  private final byte[] bytes;

  private IdxFile(int[] dimensions, byte[] bytes) {
    this.dimensions = dimensions;
    this.bytes = bytes;
  }

  /** The size of one dimension, 0 or more. */
  int dimension(int index) {
    return dimensions[index];
  }

  /** All elements, row-major; not a copy. */
  byte[] bytes() {
    return bytes;
  }

  /** Reads a file of that many dimensions, compressed if its name ends in {@code .gz}. */
  static IdxFile read(Path file, int rank) throws DataSetException {
    boolean compressed = file.toString().endsWith(".gz");
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        InputStream in = compressed ? new GZIPInputStream(raw, 1 << 16) : raw) {
      long limit = Files.size(file);
      return read(in, rank, compressed ? limit * MAX_COMPRESSION : limit, file);
    } catch (DataSetException e) {
      throw e;
    } catch (EOFException e) {
      throw new DataSetException(file + " is truncated" + FETCH_AGAIN, e);
    } catch (IOException e) {
      throw new DataSetException(
          file + " cannot be read (" + e + "); check that it is whole and may be read", e);
    }
  }

  private static IdxFile read(InputStream in, int rank, long available, Path file)
      throws IOException {
    int headerBytes = Integer.BYTES * (1 + rank);
    byte[] header = in.readNBytes(headerBytes);
    if (header.length < headerBytes) {
      throw truncated(file, headerBytes, header.length);
    }
    ByteBuffer ints = ByteBuffer.wrap(header); // big-endian
    int magic = ints.getInt();
    int wanted = UNSIGNED_BYTE << 8 | rank;
    if (magic != wanted) {
      throw new DataSetException(
          String.format(
              "%s starts with 0x%08x, not 0x%08x (unsigned bytes, %d dimensions)%s",
              file, magic, wanted, rank, FETCH_AGAIN),
          null);
    }
    int[] dimensions = new int[rank];
    long size = 1;
    for (int i = 0; i < rank; i++) {
      dimensions[i] = ints.getInt();
      // Each factor is below 2^31 and the product is checked after each, so none overflows.
      size *= dimensions[i];
      if (dimensions[i] < 0 || size > MAX_BYTES) {
        throw new DataSetException(
            String.format(
                "%s says that dimension %d is %d, which makes more than %d bytes%s",
                file, i, dimensions[i] & 0xFFFFFFFFL, MAX_BYTES, FETCH_AGAIN),
            null);
      }
    }
    if (headerBytes + size > available) {
      throw truncated(file, headerBytes + size, available);
    }
    byte[] bytes = new byte[(int) size];
    int count = in.readNBytes(bytes, 0, bytes.length);
    if (count < size) {
      throw truncated(file, headerBytes + size, headerBytes + count);
    }
    if (in.read() >= 0) {
      throw new DataSetException(
          file + " goes on after the " + (headerBytes + size) + " bytes it announces" + FETCH_AGAIN,
          null);
    }
    return new IdxFile(dimensions, bytes);
  }

  private static DataSetException truncated(Path file, long announced, long found) {
    return new DataSetException(
        String.format(
            "%s is truncated: it announces %d bytes but has no more than %d%s",
            file, announced, found, FETCH_AGAIN),
        null);
  }
}
