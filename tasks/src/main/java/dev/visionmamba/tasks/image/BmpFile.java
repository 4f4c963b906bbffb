package dev.visionmamba.tasks.image;

/**
 * A Windows bitmap's header, with enough data behind it.
 *
 * @param width columns
 * @param height rows
 */
record BmpFile(int width, int height) {

  static boolean matches(ByteSource source) {
    return source.has(0, "BM") && source.length() >= 26;
  }

  /** Reads the header; the pixel rows must be there, or the compressed size that it claims. */
  static BmpFile parse(ByteSource source) throws InvalidImageException {
    int header = source.i32LittleEndian(14);
    boolean core = header == 12;
    if (!core && (header < 40 || header > 124)) {
      throw source.invalid("not a Windows bitmap, or one of an unknown version; save it as a PNG");
    }
    int width = core ? source.u16LittleEndian(18) : source.i32LittleEndian(18);
    int height = core ? source.u16LittleEndian(20) : source.i32LittleEndian(22);
    int bits = source.u16LittleEndian(core ? 24 : 28);
    int compression = core ? 0 : source.i32LittleEndian(30);
    long rows = Math.abs((long) height); // Negative: the rows lie from the top.
    boolean plain = compression == 0 || compression == 3;
    if (!plain && compression != 1 && compression != 2) {
      throw source.invalid(
          "a bitmap of compression " + compression + " is not supported; save it as a PNG");
    }
    ImageDecoder.checkSize(source, width, (int) Math.min(rows, Integer.MAX_VALUE));
    long needed = plain ? ((long) width * bits + 31) / 32 * 4 * rows : source.i32LittleEndian(34);
    long data = source.i32LittleEndian(10) & 0xffffffffL;
    if (data + Math.max(needed, 0) > source.length()) {
      throw source.truncated("the bitmap's " + rows + " rows take " + needed + " bytes");
    }
    return new BmpFile(width, (int) rows);
  }
}
