package dev.visionmamba.zoo.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Assembles zip archives field by field, right ones and wrong ones. */
final class ZipBytes {
  private record Entry(byte[] name, long header, long size, int method, int flags) {}

  private final ByteBuffer out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
  private final List<Entry> entries = new ArrayList<>();

  /** An archive of one pickle and one storage of {@code "0"}. */
  static byte[] of(byte[] pickle, byte... storage) {
    return new ZipBytes().add("a/data.pkl", pickle).add("a/data/0", storage).end();
  }

  ZipBytes add(String name, byte... data) {
    return add(name, 0, 0, data.length, data);
  }

  /** An entry whose directory says what it wants. */
  ZipBytes add(String name, int method, int flags, long size, byte... data) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    entries.add(new Entry(utf8, out.position(), size, method, flags));
    out.putInt(0x04034b50).putShort((short) 20).putShort((short) flags).putShort((short) method);
    out.putInt(0).putInt(0).putInt((int) size).putInt((int) size);
    out.putShort((short) utf8.length).putShort((short) 0).put(utf8).put(data);
    return this;
  }

  /** Another entry of the directory for the last entry's bytes. */
  ZipBytes again(String name, long shift, long size) {
    Entry last = entries.get(entries.size() - 1);
    entries.add(new Entry(name.getBytes(StandardCharsets.UTF_8), last.header + shift, size, 0, 0));
    return this;
  }

  byte[] end() {
    return end(false);
  }

  /** Ends the archive; in the large form no size or offset stands in its own 32 bits. */
  byte[] end(boolean large) {
    int start = out.position();
    for (Entry entry : entries) {
      out.putInt(0x02014b50).putShort((short) 45).putShort((short) 45);
      out.putShort((short) entry.flags).putShort((short) entry.method).putInt(0).putInt(0);
      out.putInt(large ? -1 : (int) entry.size).putInt(large ? -1 : (int) entry.size);
      out.putShort((short) entry.name.length).putShort((short) (large ? 4 + 4 + 28 : 0));
      out.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
      out.putInt(large ? -1 : (int) entry.header).put(entry.name);
      if (large) {
        out.putShort((short) 0x7777).putShort((short) 4).putInt(0); // another field before it
        out.putShort((short) 1).putShort((short) 24);
        out.putLong(entry.size).putLong(entry.size).putLong(entry.header);
      }
    }
    int end = out.position();
    if (large) {
      out.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
      out.putInt(0).putInt(0).putLong(entries.size()).putLong(entries.size());
      out.putLong(end - start).putLong(start);
      out.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
    }
    out.putInt(0x06054b50).putInt(0);
    out.putShort((short) (large ? -1 : entries.size()));
    out.putShort((short) (large ? -1 : entries.size()));
    out.putInt(large ? -1 : end - start).putInt(large ? -1 : start).putShort((short) 0);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }
}
