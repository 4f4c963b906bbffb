package dev.visionmamba.zoo.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file as a whole or not at all: whoever opens it, also after a crash in the middle, finds
 * the old content or the new one.
 */
public final class AtomicFiles {
  private AtomicFiles() {}

  /** Produces a file's content. */
  @FunctionalInterface
  public interface ChannelWriter {
    /**
     * Writes the whole content.
     *
     * @param channel an empty file, to be left open
     * @throws IOException if the content cannot be produced or written
     */
    void write(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes a file anew or over an old one. The content goes to a temporary file in the same folder,
   * is forced to the disk, and is then renamed to the target. Whatever fails, the target is as it
   * was and the temporary file is gone. A target that is a symbolic link is itself replaced.
   *
   * @param target the file; its folder must exist
   * @param content writes the content; runs once, on the calling thread
   * @throws IOException if the folder is missing, the target is a folder, or the file cannot be
   *     written; the message names the target
   */
  public static void write(Path target, ChannelWriter content) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null && Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new NotDirectoryException(target + ": " + folder + " is a file, not a folder");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new NoSuchFileException(
          target.toString(), null, "its folder " + folder + " does not exist: create it first");
    }
    if (Files.isDirectory(target)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "it is a folder: name a file in it");
    }
    // Not Files.createTempFile: its files can be read by their owner only.
    Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.write(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(temporary, e);
      throw new IOException(
          target + " could not be written and is as it was before (" + e.getMessage() + ")", e);
    } catch (RuntimeException | Error e) {
      delete(temporary, e);
      throw e;
    }
  }

  /**
   * Writes a text in UTF-8, as {@link #write(Path, ChannelWriter)} does.
   *
   * @param target the file; its folder must exist
   * @param text the whole content
   * @throws IOException if the folder is missing or the file cannot be written
   */
  public static void writeText(Path target, String text) throws IOException {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
    write(target, channel -> writeAll(channel, bytes));
  }

  /**
   * Writes all that remains in a buffer; a channel may take a part at a time.
   *
   * @param channel where to
   * @param bytes the bytes; nothing remains afterwards
   * @throws IOException if the channel fails
   */
  public static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void delete(Path temporary, Throwable failure) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
