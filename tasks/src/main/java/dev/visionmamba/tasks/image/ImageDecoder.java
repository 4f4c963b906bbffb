package dev.visionmamba.tasks.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Encoded pictures to upright RGB pixels: PNG, baseline and progressive JPEG, and the first frame
 * of GIF and BMP. The pixels are those of PIL's {@code
 * ImageOps.exif_transpose(Image.open(f)).convert("RGB")}: alpha and transparency are dropped, the
 * colours behind them stay; 16-bit levels give their high byte (also grey ones, which PIL clips);
 * grey levels are repeated; CMYK and YCCK inks are taken as Adobe stores them; gamma and colour
 * profiles are ignored; EXIF's orientation is applied (an orientation that only XMP tells is not).
 *
 * <p>The JDK's ImageIO decodes; no plug-in of it is used. Where the optional dependency {@code
 * ai.djl.opencv:opencv} is present, OpenCV decodes 8-bit PNGs, to the same pixels, and JPEGs with
 * chroma of half height and full width (4:4:0), whose chroma the libjpeg in most JDKs does not
 * interpolate: without OpenCV those differ from PIL's at the edges of colours. All else is the same
 * either way.
 *
 * <p>What is not whole is refused: every PNG chunk, JPEG marker and GIF block up to the end of the
 * image must be there, and enough data between them. JPEG data damaged without loss of length is
 * shown damaged, as PIL shows it.
 *
 * <p>All methods are safe for use by several threads.
 */
public final class ImageDecoder {
  /** The most pixels, width times height, of an image: 178,956,970, where PIL too refuses more. */
  public static final long MAX_PIXELS = 178_956_970;

  /** The most bytes of an encoded image, 512 MiB. */
  public static final int MAX_BYTES = 512 << 20;

  private ImageDecoder() {}

  /**
   * Decodes a file.
   *
   * @param file where the image is
   * @return its pixels, upright
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidImageException if it is a directory or no usable image
   * @throws IOException if it can not be read
   */
  public static PixelImage decode(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidImageException(file + ": a directory, not an image; name a file in it");
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "there is no such image file");
    }
    try (InputStream stream = Files.newInputStream(file)) {
      return decode(stream, file.toString());
    }
  }

  /**
   * Decodes all that a stream still holds. The stream is read to its end and left open.
   *
   * @param stream encoded image
   * @param sourceName what errors call it: a file's name, an address
   * @return its pixels, upright
   * @throws InvalidImageException if it holds no usable image, or over {@link #MAX_BYTES}
   * @throws IOException if it can not be read
   */
  public static PixelImage decode(InputStream stream, String sourceName) throws IOException {
    byte[] bytes = stream.readNBytes(MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new InvalidImageException(
          sourceName + ": over " + MAX_BYTES + " bytes, too large for an image");
    }
    return decode(bytes, sourceName);
  }

  /**
   * Decodes bytes.
   *
   * @param encoded encoded image, not changed
   * @param sourceName what errors call it: a file's name, an address
   * @return its pixels, upright
   * @throws InvalidImageException if it is no usable image
   */
  public static PixelImage decode(byte[] encoded, String sourceName) throws InvalidImageException {
    return decode(encoded, sourceName, openCvPresent());
  }

  /**
   * Whether OpenCV is present, so that it decodes the kinds of image that the class tells.
   *
   * @return false if its classes are absent or its native library does not load
   */
  public static boolean openCvPresent() {
    try {
      return OpenCvPixels.available();
    } catch (LinkageError e) {
      return false;
    }
  }

  /** With OpenCV's help, or without. */
  static PixelImage decode(byte[] encoded, String sourceName, boolean openCv)
      throws InvalidImageException {
    Objects.requireNonNull(encoded, "encoded");
    ByteSource source = new ByteSource(Objects.requireNonNull(sourceName), encoded);
    if (PngFile.matches(source)) {
      return decodePng(source, openCv);
    }
    if (JpegFile.matches(source)) {
      return decodeJpeg(source, openCv);
    }
    if (GifFile.matches(source)) {
      GifFile file = GifFile.parse(source);
      checkSize(source, file.frameWidth(), file.frameHeight());
      checkSize(source, file.width(), file.height());
      return new PixelImage(file.width(), file.height(), file.decode(source, encoded));
    }
    if (BmpFile.matches(source)) {
      BmpFile file = BmpFile.parse(source);
      byte[] rgb = ImageIoPixels.decode(source, encoded, "bmp");
      return new PixelImage(file.width(), file.height(), rgb);
    }
    throw source.invalid(unknown(source));
  }

  private static PixelImage decodePng(ByteSource source, boolean openCv)
      throws InvalidImageException {
    PngFile file = PngFile.parse(source);
    // OpenCV scales 16-bit levels and expands palettes in ways of its own.
    boolean common = file.bitDepth() == 8 && file.colourType() != 3;
    byte[] rgb =
        openCv && common ? OpenCvPixels.decode(file.bare(), file.width(), file.height()) : null;
    if (rgb == null) {
      rgb = ImageIoPixels.decode(source, file.bare(), "png");
    }
    int orientation = ExifOrientation.of(file.exif());
    return ExifOrientation.upright(file.width(), file.height(), rgb, orientation);
  }

  private static PixelImage decodeJpeg(ByteSource source, boolean openCv)
      throws InvalidImageException {
    JpegFile file = JpegFile.parse(source);
    checkSize(source, file.width(), file.height());
    byte[] rgb = ImageIoPixels.decodeJpeg(source, file);
    // Only where it serves, and after ImageIO: OpenCV is silent about missing data.
    if (openCv && file.colour() == JpegFile.Colour.YCBCR && file.halfHeightChroma()) {
      byte[] interpolated = OpenCvPixels.decode(file.bare(), file.width(), file.height());
      rgb = interpolated == null ? rgb : interpolated;
    }
    int orientation = ExifOrientation.of(file.exif());
    return ExifOrientation.upright(file.width(), file.height(), rgb, orientation);
  }

  /** Called with the header's size, before any pixel is given memory. */
  static void checkSize(ByteSource source, int width, int height) throws InvalidImageException {
    if (width < 1 || height < 1) {
      throw source.invalid(
          "the header tells an empty image of " + width + "x" + height + "; save it again");
    }
    if ((long) width * height > MAX_PIXELS) {
      throw source.invalid(
          "%dx%d pixels are more than the %d that are decoded; scale the image down first"
              .formatted(width, height, MAX_PIXELS));
    }
  }

  private static String unknown(ByteSource source) {
    if (source.length() == 0) {
      return "no bytes, so no image; fetch or save it again";
    }
    String kind = null;
    if (source.has(0, "RIFF") && source.has(8, "WEBP")) {
      kind = "a WebP image";
    } else if (source.has(0, "II*\0") || source.has(0, "MM\0*")) {
      kind = "a TIFF image";
    } else if (source.has(4, "ftyp")) {
      kind = "an AVIF or HEIF image, or a film";
    } else if (source.has(0, "%PDF")) {
      kind = "a PDF document";
    }
    return kind == null
        ? "not a PNG, JPEG, GIF or BMP image, by its first bytes; check that it is an image"
        : kind + ", which is not supported; convert it to PNG or JPEG";
  }
}
