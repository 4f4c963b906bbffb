package dev.visionmamba.tasks.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** An encoded image's bytes with the name that errors call it by; every read is checked. */
record ByteSource(String name, byte[] bytes) {

  int length() {
    return bytes.length;
  }

  int u8(long at) throws InvalidImageException {
    need(at, 1);
    return bytes[(int) at] & 0xff;
  }

  int u16(long at) throws InvalidImageException {
    return u8(at) << 8 | u8(at + 1);
  }

  /** Four bytes, the highest first, as a signed int. */
  int i32(long at) throws InvalidImageException {
    return u16(at) << 16 | u16(at + 2);
  }

  int u16LittleEndian(long at) throws InvalidImageException {
    return u8(at) | u8(at + 1) << 8;
  }

  int i32LittleEndian(long at) throws InvalidImageException {
    return u16LittleEndian(at) | u16LittleEndian(at + 2) << 16;
  }

  byte[] slice(long at, int count) throws InvalidImageException {
    need(at, count);
    return Arrays.copyOfRange(bytes, (int) at, (int) at + count);
  }

  /** Whether the ASCII text stands at this place. */
  boolean has(long at, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
    return at >= 0
        && at + wanted.length <= bytes.length
        && Arrays.equals(bytes, (int) at, (int) at + wanted.length, wanted, 0, wanted.length);
  }

  void need(long at, long count) throws InvalidImageException {
    if (at < 0 || count < 0 || at + count > bytes.length) {
      throw truncated("data is missing at byte " + Math.max(at, bytes.length));
    }
  }

  /** The error for a file that ends too early. */
  InvalidImageException truncated(String where) {
    return invalid(
        "the file is cut short, "
            + where
            + " ("
            + bytes.length
            + " bytes in all); fetch or save it again");
  }

  /** The error for contents that are not right. */
  InvalidImageException invalid(String what) {
    return new InvalidImageException(name + ": " + what);
  }

  /** The error for contents that a decoder stumbled over. */
  InvalidImageException invalid(String what, Throwable cause) {
    return new InvalidImageException(name + ": " + what, cause);
  }
}
