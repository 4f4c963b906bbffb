package dev.visionmamba.zoo.download;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/** Tells a checkpoint by its first bytes from what is sent in its place, a login page mostly. */
final class CheckpointBytes {
  /** How many bytes are looked at. */
  static final int COUNT = 9;

  private static final long LONGEST_HEADER = 100_000_000;

  private CheckpointBytes() {}

  /**
   * What is wrong with the first bytes, if anything is.
   *
   * @param head the first {@link #COUNT} bytes of the file, or all if it has fewer
   */
  static Optional<String> problem(byte[] head) {
    if (isZip(head) || isPickle(head) || isSafetensors(head)) {
      return Optional.empty();
    }
    if (head.length == 0) {
      return Optional.of("nothing came in place of the file");
    }
    String text = new String(head, StandardCharsets.ISO_8859_1).stripLeading();
    if (text.startsWith("<")) {
      return Optional.of("a web page came in place of the file");
    }
    if (text.toLowerCase(Locale.ROOT).startsWith("version")) {
      return Optional.of("a Git LFS pointer came in place of the file");
    }
    return Optional.of(
        "what came is no checkpoint (it begins with the bytes "
            + HexFormat.ofDelimiter(" ").formatHex(head)
            + ")");
  }

  private static boolean isZip(byte[] head) {
    return head.length == COUNT && head[0] == 'P' && head[1] == 'K' && head[2] == 3 && head[3] == 4;
  }

  /** A pickle of protocol 2 to 5 begins with its number. */
  private static boolean isPickle(byte[] head) {
    return head.length == COUNT && head[0] == (byte) 0x80 && head[1] >= 2 && head[1] <= 5;
  }

  /** The length of a JSON object, and the object. */
  private static boolean isSafetensors(byte[] head) {
    if (head.length < COUNT || head[8] != '{') {
      return false;
    }
    long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
    return length >= 2 && length <= LONGEST_HEADER;
  }
}
