package dev.visionmamba.zoo.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Assembles safetensors files by hand, right ones and wrong ones. */
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  /** A file of this header text and these data bytes. */
  static byte[] file(String header, byte... data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return file(text.length, text, data);
  }

  /** A file whose first eight bytes are {@code length}, whatever follows. */
  static byte[] file(long length, byte[] text, byte... data) {
    return ByteBuffer.allocate(8 + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(text)
        .put(data)
        .array();
  }

  /** One entry of a header. */
  static String entry(String name, String dtype, String shape, long begin, long end) {
    return String.format(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
        name, dtype, shape, begin, end);
  }

  /** Little-endian bytes of 16-bit values. */
  static byte[] shorts(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return bytes.array();
  }
}
