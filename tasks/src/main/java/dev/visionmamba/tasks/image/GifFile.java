package dev.visionmamba.tasks.image;

/**
 * A GIF up to the end of its first frame (GIF89a specification).
 *
 * @param width columns of the screen that the frame is shown on
 * @param height rows of the screen
 * @param left the frame's first column on the screen
 * @param top the frame's first row
 * @param frameWidth the frame's columns
 * @param frameHeight the frame's rows
 * @param palette RGB of the frame's colours; none where the indices are grey levels themselves
 * @param background the colour index where the frame does not cover the screen
 */
record GifFile(
    int width,
    int height,
    int left,
    int top,
    int frameWidth,
    int frameHeight,
    byte[] palette,
    int background) {

  static boolean matches(ByteSource source) {
    return source.has(0, "GIF87a") || source.has(0, "GIF89a");
  }

  /** Walks the blocks up to the end of the first frame's data. */
  static GifFile parse(ByteSource source) throws InvalidImageException {
    long at = 13;
    int flags = source.u8(10);
    byte[] palette = {};
    if ((flags & 0x80) != 0) {
      palette = source.slice(at, 3 << (flags & 7) + 1);
      at += palette.length;
    }
    int background = 0;
    while (true) {
      switch (source.u8(at)) {
        case '!' -> {
          boolean control = source.u8(at + 1) == 0xF9 && source.u8(at + 2) >= 4;
          if (control && (source.u8(at + 3) & 1) != 0) {
            background = source.u8(at + 6); // PIL fills with the transparent colour.
          }
          at = skipBlocks(source, at + 2);
        }
        case ',' -> {
          int left = source.u16LittleEndian(at + 1);
          int top = source.u16LittleEndian(at + 3);
          int width = source.u16LittleEndian(at + 5);
          int height = source.u16LittleEndian(at + 7);
          int local = source.u8(at + 9);
          at += 10;
          if ((local & 0x80) != 0) {
            palette = source.slice(at, 3 << (local & 7) + 1);
            at += palette.length;
          }
          skipBlocks(source, at + 1); // the frame's data must be there
          return new GifFile(
              Math.max(left + width, source.u16LittleEndian(6)),
              Math.max(top + height, source.u16LittleEndian(8)),
              left,
              top,
              width,
              height,
              palette,
              background);
        }
        case ';' -> throw source.invalid("the GIF holds no frame; save the image again");
        default -> at++; // Stray bytes between blocks are passed over, as PIL does.
      }
    }
  }

  /** Decodes the frame with ImageIO and lays it on the screen: interleaved RGB. */
  byte[] decode(ByteSource source, byte[] encoded) throws InvalidImageException {
    byte[] frame = ImageIoPixels.decode(source, encoded, "gif");
    if (frame.length == 3 * width * height) {
      return frame;
    }
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i += 3) {
      setColour(rgb, i, background);
    }
    for (int y = 0; y < frameHeight; y++) {
      int to = 3 * ((top + y) * width + left);
      System.arraycopy(frame, 3 * y * frameWidth, rgb, to, 3 * frameWidth);
    }
    return rgb;
  }

  private void setColour(byte[] rgb, int at, int index) {
    for (int c = 0; c < 3; c++) {
      int entry = 3 * index + c;
      // Without a palette the index is the grey level; colours that a palette lacks are black.
      rgb[at + c] =
          palette.length == 0 ? (byte) index : entry < palette.length ? palette[entry] : 0;
    }
  }

  private static long skipBlocks(ByteSource source, long from) throws InvalidImageException {
    long at = from;
    while (source.u8(at) != 0) {
      at += 1 + source.u8(at);
    }
    return at + 1;
  }
}
