package dev.visionmamba.tasks.image;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/**
 * A PNG's structure from its header to its end chunk (W3C PNG specification), found whole, with the
 * checksums of all critical chunks checked.
 *
 * @param width columns
 * @param height rows
 * @param bitDepth bits of a sample: 1, 2, 4, 8 or 16
 * @param colourType 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
 * @param exif the EXIF block, a TIFF stream, or no bytes
 * @param bare the file's critical chunks alone: decoders meet no gamma, profile, transparent colour
 *     or animation in it
 */
record PngFile(int width, int height, int bitDepth, int colourType, byte[] exif, byte[] bare) {
  private static final String SIGNATURE = "\u0089PNG\r\n\u001a\n";
  private static final int PALETTE = 3;

  /** Deflate packs at most 258 bytes into two bits. */
  private static final long MAX_DEFLATE_RATIO = 1032;

  static boolean matches(ByteSource source) {
    return source.has(0, SIGNATURE);
  }

  /** Walks the chunks; every one up to the end chunk must be there. */
  static PngFile parse(ByteSource source) throws InvalidImageException {
    ByteArrayOutputStream bare = new ByteArrayOutputStream(source.length());
    bare.write(source.bytes(), 0, 8);
    checkHeader(source);
    int width = source.i32(16);
    int height = source.i32(20);
    ImageDecoder.checkSize(source, width, height);
    int bitDepth = source.u8(24);
    int colourType = source.u8(25);
    byte[] exif = {};
    byte[] profile = {};
    boolean palette = false;
    long coded = 0;
    long at = 8;
    while (true) {
      int length = source.i32(at);
      if (length < 0) {
        throw source.invalid("broken PNG chunk at byte " + at + "; fetch or save it again");
      }
      source.need(at, 12L + length);
      int start = (int) at;
      boolean critical = (source.u8(at + 4) & 0x20) == 0;
      boolean keep = critical;
      at += 12L + length;
      if (critical) {
        checkSum(source, start, length);
      }
      if (source.has(start + 4, "PLTE")) {
        palette = true;
        keep = colourType == PALETTE; // In other kinds it is a mere suggestion.
      } else if (source.has(start + 4, "IDAT")) {
        coded += length;
      } else if (source.has(start + 4, "eXIf")) {
        exif = source.slice(start + 8, length);
      } else if (source.has(start + 4, "tEXt") || source.has(start + 4, "zTXt")) {
        byte[] found = ExifOrientation.rawProfile(source.slice(start + 4, length + 4));
        profile = found.length > 0 ? found : profile;
      } else if (critical && !source.has(start + 4, "IHDR") && !source.has(start + 4, "IEND")) {
        throw source.invalid("unknown PNG chunk at byte " + start + "; save the image again");
      }
      if (keep) {
        bare.write(source.bytes(), start, (int) at - start);
      }
      if (source.has(start + 4, "IEND")) {
        break;
      }
    }
    if (colourType == PALETTE && !palette) {
      throw source.invalid("the PNG has no palette; save the image again");
    }
    long bits = (long) width * bitDepth * samples(colourType);
    if (coded == 0 || (bits + 7) / 8 * height / MAX_DEFLATE_RATIO > coded) {
      throw source.truncated("the PNG's data can not fill " + width + "x" + height + " pixels");
    }
    byte[] block = exif.length > 0 ? exif : profile;
    return new PngFile(width, height, bitDepth, colourType, block, bare.toByteArray());
  }

  private static void checkHeader(ByteSource source) throws InvalidImageException {
    source.need(8, 25);
    if (source.i32(8) != 13 || !source.has(12, "IHDR")) {
      throw source.invalid("the PNG does not start with its header; save the image again");
    }
    int depth = source.u8(24);
    boolean known =
        switch (source.u8(25)) {
          case 0 -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
          case 2, 4, 6 -> depth == 8 || depth == 16;
          case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
          default -> false;
        };
    if (!known || source.u8(26) != 0 || source.u8(27) != 0 || source.u8(28) > 1) {
      throw source.invalid("the PNG's header is not valid; save the image again");
    }
  }

  /** Of the chunk that starts here and is whole. */
  static void checkSum(ByteSource source, int start, int length) throws InvalidImageException {
    CRC32 crc = new CRC32();
    crc.update(source.bytes(), start + 4, length + 4);
    if ((int) crc.getValue() != source.i32(start + 8L + length)) {
      throw source.invalid(
          "the PNG chunk at byte " + start + " is damaged (wrong checksum); fetch it again");
    }
  }

  private static int samples(int colourType) {
    return switch (colourType) {
      case 2 -> 3;
      case 4 -> 2;
      case 6 -> 4;
      default -> 1;
    };
  }
}
