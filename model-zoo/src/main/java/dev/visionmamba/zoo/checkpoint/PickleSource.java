package dev.visionmamba.zoo.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The bytes of pickles within a file, read through a small buffer. */
final class PickleSource {
  static final String DAMAGED = "the file is damaged or not a PyTorch checkpoint: fetch it again";
  private static final int BUFFER_BYTES = 1 << 13;
  private static final int LINE_LIMIT = 1000;

  private final CheckpointInput input;
  private final ByteBuffer buffer;
  private long bufferEnd;
  private final long end;

  /** The bytes from {@code start} to {@code end} of the input. */
  PickleSource(CheckpointInput input, long start, long end) {
    this.input = input;
    this.end = end;
    this.bufferEnd = start;
    this.buffer =
        ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, end - start))
            .order(ByteOrder.LITTLE_ENDIAN)
            .limit(0);
  }

  /** The offset in the file of the next byte. */
  long position() {
    return bufferEnd - buffer.remaining();
  }

  private void require(long count) throws CheckpointException {
    if (count < 0 || count > end - position()) {
      throw damaged(
          "needs " + Long.toUnsignedString(count) + " bytes, but has " + (end - position()));
    }
  }

  /** Makes {@code count} bytes, at most 8, lie in the buffer. */
  private void buffer(int count) throws CheckpointException {
    if (buffer.remaining() >= count) {
      return;
    }
    require(count);
    buffer.compact();
    buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + end - bufferEnd));
    int fresh = buffer.remaining();
    input.seek(bufferEnd);
    input.fill(buffer, "a pickle");
    bufferEnd += fresh;
    buffer.flip();
  }

  int u8() throws CheckpointException {
    buffer(1);
    return buffer.get() & 0xFF;
  }

  int u16() throws CheckpointException {
    buffer(2);
    return buffer.getShort() & 0xFFFF;
  }

  int i32() throws CheckpointException {
    buffer(4);
    return buffer.getInt();
  }

  long u32() throws CheckpointException {
    return i32() & 0xFFFFFFFFL;
  }

  /** Eight bytes; below 0 where the number is 2^63 or more. */
  long i64() throws CheckpointException {
    buffer(8);
    return buffer.getLong();
  }

  double bigEndianDouble() throws CheckpointException {
    return Double.longBitsToDouble(Long.reverseBytes(i64()));
  }

  byte[] bytes(int count) throws CheckpointException {
    require(count);
    byte[] bytes = new byte[count];
    int buffered = Math.min(count, buffer.remaining());
    buffer.get(bytes, 0, buffered);
    if (buffered < count) {
      input.seek(bufferEnd);
      input.fill(ByteBuffer.wrap(bytes, buffered, count - buffered), "a pickle");
      bufferEnd += count - buffered;
    }
    return bytes;
  }

  void skip(long count) throws CheckpointException {
    require(count);
    if (count <= buffer.remaining()) {
      buffer.position(buffer.position() + (int) count);
    } else {
      bufferEnd += count - buffer.remaining();
      buffer.limit(0);
    }
  }

  /** The text up to the next line feed. */
  String line() throws CheckpointException {
    byte[] line = new byte[LINE_LIMIT];
    for (int length = 0; length < LINE_LIMIT; length++) {
      int next = u8();
      if (next == '\n') {
        return new String(line, 0, length, StandardCharsets.UTF_8);
      }
      line[length] = (byte) next;
    }
    throw damaged("has a name of more than " + LINE_LIMIT + " bytes");
  }

  CheckpointException damaged(String problem) {
    return new CheckpointException(
        input.file(), "its pickle " + problem + " at byte " + position() + " of the file", DAMAGED);
  }

  String file() {
    return input.file();
  }
}
