package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the entries of a zip archive lie (PKWARE's APPNOTE 6.3, with zip64), for archives as
 * PyTorch writes them: one disk, nothing compressed, nothing encrypted. The entries' names are keys
 * and nothing else; no file is ever called by them. Their checksums are not compared.
 */
final class ZipDirectory {
  private static final int END_BYTES = 22;
  private static final int END64_BYTES = 56;
  private static final int LOCATOR_BYTES = 20;
  private static final int ENTRY_BYTES = 46;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int MAX_ENTRIES = 100_000;
  private static final int MAX_DIRECTORY_BYTES = 1 << 25;
  private static final int ZIP64_FIELD = 1;
  private static final long IN_ZIP64 = 0xFFFFFFFFL;

  /**
   * The bytes of an entry.
   *
   * @param start the offset in the file of the first
   * @param length how many
   */
  record Region(long start, long length) {}

  private record Entry(String name, long header, long size) {}

  private final CheckpointInput input;

  private ZipDirectory(CheckpointInput input) {
    this.input = input;
  }

  /** Reads the entries, by name. */
  static Map<String, Region> read(CheckpointInput input) throws CheckpointException {
    return new ZipDirectory(input).read();
  }

  private Map<String, Region> read() throws CheckpointException {
    ByteBuffer directory = readDirectory();
    long directoryStart = input.position() - directory.capacity();
    List<Entry> entries = new ArrayList<>();
    while (directory.hasRemaining()) {
      if (entries.size() == MAX_ENTRIES) {
        throw damaged("has more than " + MAX_ENTRIES + " entries");
      }
      entries.add(readEntry(directory));
    }
    entries.sort(Comparator.comparingLong(Entry::header));
    Map<String, Region> regions = new LinkedHashMap<>();
    long end = 0;
    for (Entry entry : entries) {
      if (entry.header < end) {
        throw damaged("has the entry " + quote(entry.name) + ", which overlaps another");
      }
      Region region = locate(entry, directoryStart);
      end = region.start + region.length;
      if (regions.put(entry.name, region) != null) {
        throw damaged("has the entry " + quote(entry.name) + " twice");
      }
    }
    return regions;
  }

  private ByteBuffer bytes(long position, long count, String what) throws CheckpointException {
    if (position < 0 || count < 0 || position > input.length() - count) {
      throw damaged("has " + what + " that is not within the file");
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) count).order(ByteOrder.LITTLE_ENDIAN);
    input.seek(position);
    input.fill(bytes, what);
    return bytes.flip();
  }

  /** The central directory; the input is left behind it. */
  private ByteBuffer readDirectory() throws CheckpointException {
    long tailLength = Math.min(input.length(), END_BYTES + MAX_COMMENT);
    ByteBuffer tail = bytes(input.length() - tailLength, tailLength, "an end");
    int at = tail.limit() - END_BYTES;
    while (at >= 0
        && !(tail.getInt(at) == 0x06054b50
            && (tail.getShort(at + 20) & 0xFFFF) == tail.limit() - at - END_BYTES)) {
      at--;
    }
    if (at < 0) {
      throw new CheckpointException(
          input.file(),
          "is a zip archive without an end",
          "it is truncated or damaged: fetch it again");
    }
    long end = input.length() - tailLength + at;
    long size = tail.getInt(at + 12) & 0xFFFFFFFFL;
    long start = tail.getInt(at + 16) & 0xFFFFFFFFL;
    if (end >= LOCATOR_BYTES) {
      ByteBuffer locator = bytes(end - LOCATOR_BYTES, LOCATOR_BYTES, "a zip64 locator");
      if (locator.getInt(0) == 0x07064b50) {
        end = locator.getLong(8);
        ByteBuffer end64 = bytes(end, END64_BYTES, "a zip64 end");
        if (end64.getInt(0) != 0x06064b50) {
          throw damaged("has no zip64 end where its locator says");
        }
        size = end64.getLong(40);
        start = end64.getLong(48);
      }
    }
    if (size < 0 || size > MAX_DIRECTORY_BYTES || start != end - size) {
      throw damaged("has its directory elsewhere than before its end");
    }
    return bytes(start, size, "a directory");
  }

  private Entry readEntry(ByteBuffer directory) throws CheckpointException {
    int at = directory.position();
    if (directory.remaining() < ENTRY_BYTES || directory.getInt(at) != 0x02014b50) {
      throw damaged("has a directory entry that is none");
    }
    int nameLength = directory.getShort(at + 28) & 0xFFFF;
    int extraLength = directory.getShort(at + 30) & 0xFFFF;
    int commentLength = directory.getShort(at + 32) & 0xFFFF;
    if (directory.remaining() < ENTRY_BYTES + nameLength + extraLength + commentLength) {
      throw damaged("has a directory that ends within an entry");
    }
    String name =
        new String(directory.array(), at + ENTRY_BYTES, nameLength, StandardCharsets.UTF_8);
    directory.position(at + ENTRY_BYTES + nameLength + extraLength + commentLength);
    if ((directory.getShort(at + 8) & 1) != 0) {
      throw refused("is encrypted at its entry " + quote(name), "decrypt it first");
    }
    long compressed = directory.getInt(at + 20) & 0xFFFFFFFFL;
    long size = directory.getInt(at + 24) & 0xFFFFFFFFL;
    long header = directory.getInt(at + 42) & 0xFFFFFFFFL;
    if (size == IN_ZIP64 || compressed == IN_ZIP64 || header == IN_ZIP64) {
      ByteBuffer field = zip64(directory.slice(at + ENTRY_BYTES + nameLength, extraLength), name);
      // Only those that did not fit are there, in this order.
      size = size == IN_ZIP64 ? next(field, name) : size;
      compressed = compressed == IN_ZIP64 ? next(field, name) : compressed;
      header = header == IN_ZIP64 ? next(field, name) : header;
    }
    if (directory.getShort(at + 10) != 0 || compressed != size) {
      throw refused(
          "is compressed at its entry " + quote(name) + ", as PyTorch's files are not",
          "unpack it and zip it again without compression (zip -0)");
    }
    return new Entry(name, header, size);
  }

  private ByteBuffer zip64(ByteBuffer extra, String name) throws CheckpointException {
    extra.order(ByteOrder.LITTLE_ENDIAN);
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xFFFF;
      int length = extra.getShort() & 0xFFFF;
      if (length > extra.remaining()) {
        break;
      }
      if (id == ZIP64_FIELD) {
        return extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      }
      extra.position(extra.position() + length);
    }
    throw damaged("has the entry " + quote(name) + " without the zip64 sizes that it needs");
  }

  private long next(ByteBuffer field, String name) throws CheckpointException {
    if (field.remaining() < Long.BYTES) {
      throw damaged("has the entry " + quote(name) + " without the zip64 sizes that it needs");
    }
    long value = field.getLong();
    if (value < 0) {
      throw damaged("has the entry " + quote(name) + " of more than 2^63 bytes");
    }
    return value;
  }

  private Region locate(Entry entry, long directoryStart) throws CheckpointException {
    String what = "an entry " + quote(entry.name);
    ByteBuffer local = bytes(entry.header, LOCAL_BYTES, what);
    if (local.getInt(0) != 0x04034b50) {
      throw damaged("has no entry where its directory says that " + quote(entry.name) + " is");
    }
    long start =
        entry.header + LOCAL_BYTES + (local.getShort(26) & 0xFFFF) + (local.getShort(28) & 0xFFFF);
    if (start > directoryStart || entry.size > directoryStart - start) {
      throw damaged("has " + what + " that reaches into its directory");
    }
    return new Region(start, entry.size);
  }

  private CheckpointException damaged(String problem) {
    return refused("is a zip archive that " + problem, "it is damaged: fetch it again");
  }

  private CheckpointException refused(String problem, String remedy) {
    return new CheckpointException(input.file(), problem, remedy);
  }
}
