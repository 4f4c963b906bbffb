package dev.visionmamba.tasks.image;

import com.drew.lang.ByteArrayReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.InflaterInputStream;

/** EXIF's orientation tag (CIPA DC-008, 0x0112): how stored pixels are turned to stand upright. */
final class ExifOrientation {
  /** EXIF in a JPEG is at most 64 KiB; a text profile is its hexadecimal form. */
  private static final int MAX_PROFILE = 1 << 18;

  private static final String RAW_PROFILE = "Raw profile type exif\0";

  private ExifOrientation() {}

  /**
   * The tag's value.
   *
   * @param exif a TIFF stream, perhaps after "Exif" and two zero bytes, or no bytes
   * @return 1 to 8; 1, upright, where there is none or it can not be read
   */
  static int of(byte[] exif) {
    if (exif.length == 0) {
      return 1;
    }
    int start = ExifReader.startsWithJpegExifPreamble(exif) ? 6 : 0;
    Metadata metadata = new Metadata();
    try {
      new ExifReader().extract(new ByteArrayReader(exif), metadata, start);
    } catch (RuntimeException e) {
      return 1; // Broken EXIF does not spoil a picture.
    }
    ExifIFD0Directory directory = metadata.getFirstDirectoryOfType(ExifIFD0Directory.class);
    Integer tag =
        directory == null ? null : directory.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
    return tag == null || tag < 1 || tag > 8 ? 1 : tag;
  }

  /**
   * EXIF in a PNG's text chunk: the form that ImageMagick wrote before the chunk eXIf was made.
   *
   * @param chunk the chunk's four-letter type, then its contents
   * @return the EXIF block, or no bytes
   */
  static byte[] rawProfile(byte[] chunk) {
    ByteSource source = new ByteSource("", chunk);
    int start = 4 + RAW_PROFILE.length();
    if (!source.has(4, RAW_PROFILE)) {
      return new byte[0];
    }
    boolean packed = source.has(0, "zTXt");
    InputStream in =
        packed
            ? new InflaterInputStream(new ByteArrayInputStream(chunk, start + 1, chunk.length))
            : new ByteArrayInputStream(chunk, start, chunk.length);
    try (in) {
      String text = new String(in.readNBytes(MAX_PROFILE), StandardCharsets.ISO_8859_1);
      // An empty line, the name, the length, then the bytes in hexadecimal.
      String[] lines = text.split("\n", 4);
      return lines.length < 4
          ? new byte[0]
          : HexFormat.of().parseHex(lines[3].replaceAll("\\s", ""));
    } catch (IOException | IllegalArgumentException e) {
      return new byte[0];
    }
  }

  /**
   * Turns stored pixels upright.
   *
   * @param width stored columns
   * @param height stored rows
   * @param rgb stored pixels, not changed
   * @param orientation 1 to 8
   * @return the upright image; for 5 to 8 its sides are swapped
   */
  static PixelImage upright(int width, int height, byte[] rgb, int orientation) {
    if (orientation == 1) {
      return new PixelImage(width, height, rgb);
    }
    GridTurn turn = GridTurn.of(width, height, orientation);
    byte[] turned = new byte[rgb.length];
    for (int y = 0, out = 0; y < turn.height(); y++) {
      int in = turn.index(0, y);
      for (int x = 0; x < turn.width(); x++, in += turn.right(), out += 3) {
        turned[out] = rgb[3 * in];
        turned[out + 1] = rgb[3 * in + 1];
        turned[out + 2] = rgb[3 * in + 2];
      }
    }
    return new PixelImage(turn.width(), turn.height(), turned);
  }
}
