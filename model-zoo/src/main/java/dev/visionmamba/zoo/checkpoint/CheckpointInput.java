package dev.visionmamba.zoo.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** The bytes of a weights file, read once from front to back; every failure names the file. */
final class CheckpointInput {
  private final ReadableByteChannel channel;
  private final long length;
  private final String file;
  private long position;

  CheckpointInput(ReadableByteChannel channel, long length, String file) {
    this.channel = channel;
    this.length = length;
    this.file = file;
  }

  /** The file's name for messages. */
  String file() {
    return file;
  }

  /** How many bytes the file has, by its folder's or archive's account. */
  long length() {
    return length;
  }

  /** How many bytes have been read. */
  long position() {
    return position;
  }

  /** Fills the rest of the buffer with the file's next bytes; {@code what} names them. */
  void fill(ByteBuffer target, String what) throws CheckpointException {
    try {
      while (target.hasRemaining()) {
        int count = channel.read(target);
        if (count < 0) {
          throw new CheckpointException(
              file,
              "ends at byte " + position + ", in the middle of " + what,
              "it is truncated or was changed while it was read: fetch it again");
        }
        position += count;
      }
    } catch (CheckpointException e) {
      throw e;
    } catch (IOException e) {
      throw new CheckpointException(
          file,
          "cannot be read at byte " + position + " (" + e + ")",
          "check the disk or the archive it lies in",
          e);
    }
  }
}
