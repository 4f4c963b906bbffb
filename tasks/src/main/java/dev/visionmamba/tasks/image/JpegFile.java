package dev.visionmamba.tasks.image;

import java.io.ByteArrayOutputStream;

/**
 * A JPEG's structure from its first to its last marker (ITU-T T.81, annex B), found whole.
 *
 * @param width columns
 * @param height rows
 * @param colour what the components are
 * @param halfHeightChroma whether a component has half the rows but all the columns (4:4:0)
 * @param exif the EXIF block, a TIFF stream, or no bytes
 * @param bare the file without application data but for the markers that tell the colours, and
 *     without what follows the image: decoders meet no profile, thumbnail or orientation in it
 */
record JpegFile(
    int width, int height, Colour colour, boolean halfHeightChroma, byte[] exif, byte[] bare) {
  /** Decoding time grows with the scans; libjpeg-turbo advises the same limit. */
  private static final int MAX_SCANS = 500;

  private static final int SOF0 = 0xC0;
  private static final int SOF2 = 0xC2;
  private static final int SOI = 0xD8;
  private static final int EOI = 0xD9;
  private static final int SOS = 0xDA;
  private static final int APP0 = 0xE0;
  private static final int APP1 = 0xE1;
  private static final int APP14 = 0xEE;
  private static final int APP15 = 0xEF;
  private static final int COM = 0xFE;

  /** What the components of a pixel are, by libjpeg's rules. */
  enum Colour {
    GREY,
    YCBCR,
    RGB,
    CMYK,
    YCCK
  }

  static boolean matches(ByteSource source) {
    return source.has(0, "\u00ff\u00d8\u00ff");
  }

  /** Walks the markers; every one up to the end of the image must be there. */
  static JpegFile parse(ByteSource source) throws InvalidImageException {
    ByteArrayOutputStream bare = new ByteArrayOutputStream(source.length());
    bare.write(0xFF);
    bare.write(SOI);
    byte[] exif = {};
    boolean jfif = false;
    int adobeTransform = -1;
    int frame = -1;
    int scans = 0;
    int at = 2;
    while (true) {
      at = nextMarker(source, at);
      int marker = source.bytes()[at + 1] & 0xff;
      int start = at;
      at += 2;
      if (marker == EOI) {
        bare.write(source.bytes(), start, 2);
        break;
      }
      if (marker == SOI || marker == 1 || marker >= 0xD0 && marker <= 0xD7) {
        continue; // These have no contents and say nothing between segments.
      }
      int length = source.u16(at);
      if (length < 2) {
        throw source.invalid("broken JPEG segment at byte " + start + "; save the image again");
      }
      source.need(at, length);
      boolean keep = marker != COM && (marker < APP0 || marker > APP15);
      if (marker == APP0 && length >= 16 && source.has(at + 2, "JFIF\0")) {
        jfif = true;
        keep = true;
      } else if (marker == APP14 && length >= 14 && source.has(at + 2, "Adobe")) {
        adobeTransform = source.u8(at + 13);
        keep = true;
      } else if (marker == APP1
          && exif.length == 0
          && length > 8
          && source.has(at + 2, "Exif\0\0")) {
        exif = source.slice(at + 8, length - 8);
      } else if (isFrame(marker)) {
        if (marker > SOF2) {
          throw source.invalid(
              "a lossless, hierarchical or arithmetic-coded JPEG is not supported; save it as a"
                  + " baseline or progressive JPEG or as a PNG");
        }
        if (frame >= 0) {
          throw source.invalid(
              "a second frame header at byte " + start + " of the JPEG; save the image again");
        }
        frame = at;
      } else if (marker == SOS && ++scans > MAX_SCANS) {
        throw source.invalid("the JPEG has over " + MAX_SCANS + " scans; save it again");
      }
      at += length;
      if (marker == SOS) {
        at = endOfScan(source, at);
      }
      if (keep) {
        bare.write(source.bytes(), start, at - start);
      }
    }
    if (frame < 0 || scans == 0) {
      throw source.invalid("the JPEG holds no image data; fetch or save it again");
    }
    if (source.u8(frame + 2) != 8) {
      throw source.invalid(
          "a JPEG of " + source.u8(frame + 2) + " bits is not supported; save it with 8 bits");
    }
    int height = source.u16(frame + 3);
    int width = source.u16(frame + 5);
    Colour colour = colour(source, frame, jfif, adobeTransform);
    boolean halfHeight = halfHeightChroma(source, frame);
    return new JpegFile(width, height, colour, halfHeight, exif, bare.toByteArray());
  }

  /** Where the next marker starts; stray bytes before it are passed over, as libjpeg does. */
  private static int nextMarker(ByteSource source, int from) throws InvalidImageException {
    byte[] bytes = source.bytes();
    for (int i = from; i < bytes.length - 1; i++) {
      if (bytes[i] == -1 && bytes[i + 1] != 0 && bytes[i + 1] != -1) {
        return i;
      }
    }
    throw source.truncated("no end-of-image marker of the JPEG after byte " + from);
  }

  /** The end of a scan's coded data: the next marker that is no restart marker. */
  private static int endOfScan(ByteSource source, int from) throws InvalidImageException {
    int at = from;
    while (true) {
      at = nextMarker(source, at);
      int marker = source.bytes()[at + 1] & 0xff;
      if (marker < 0xD0 || marker > 0xD7) {
        return at;
      }
      at += 2;
    }
  }

  /** SOF0 to SOF15 without the tables DHT, JPG and DAC that share the range. */
  private static boolean isFrame(int marker) {
    return marker >= SOF0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  private static boolean halfHeightChroma(ByteSource source, int frame)
      throws InvalidImageException {
    boolean found = false;
    int luma = source.u8(frame + 9);
    for (int i = 1; i < source.u8(frame + 7); i++) {
      int sampling = source.u8(frame + 9 + 3L * i);
      found |= sampling >> 4 == luma >> 4 && 2 * (sampling & 15) == (luma & 15);
    }
    return found;
  }

  private static Colour colour(ByteSource source, int frame, boolean jfif, int adobeTransform)
      throws InvalidImageException {
    int components = source.u8(frame + 7);
    switch (components) {
      case 1:
        return Colour.GREY;
      case 3:
        if (jfif) {
          return Colour.YCBCR;
        }
        if (adobeTransform >= 0) {
          return adobeTransform == 0 ? Colour.RGB : Colour.YCBCR;
        }
        boolean namedRgb =
            source.u8(frame + 8) == 'R'
                && source.u8(frame + 11) == 'G'
                && source.u8(frame + 14) == 'B';
        return namedRgb ? Colour.RGB : Colour.YCBCR;
      case 4:
        return adobeTransform > 0 ? Colour.YCCK : Colour.CMYK;
      default:
        throw source.invalid(
            "a JPEG of " + components + " components is not supported; save it as RGB");
    }
  }
}
