package dev.visionmamba.zoo.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;

/**
 * The bytes of a weights file, read from front to back or, where the channel can seek, in any
 * order; every failure names the file. For one thread at a time.
 */
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

  /** The offset of the byte that is read next. */
  long position() {
    return position;
  }

  /**
   * Goes to another byte. A channel that cannot seek stays where it is, which must be the same.
   *
   * @throws IllegalStateException if it would have to seek and cannot
   */
  void seek(long target) throws CheckpointException {
    if (target == position) {
      return;
    }
    if (!(channel instanceof SeekableByteChannel seekable)) {
      throw new IllegalStateException(file + " can only be read from front to back");
    }
    try {
      seekable.position(target);
    } catch (IOException e) {
      throw unreadable(e);
    }
    position = target;
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
      throw unreadable(e);
    }
  }

  private CheckpointException unreadable(IOException cause) {
    return new CheckpointException(
        file,
        "cannot be read at byte " + position + " (" + cause + ")",
        "check the disk or the archive it lies in",
        cause);
  }
}
