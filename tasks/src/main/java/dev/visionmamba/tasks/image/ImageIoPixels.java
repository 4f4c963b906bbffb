package dev.visionmamba.tasks.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Decoding through the JDK's own ImageIO readers. */
final class ImageIoPixels {
  private ImageIoPixels() {}

  /** What is taken from a reader. */
  @FunctionalInterface
  private interface Reading<T> {
    T from(ImageReader reader) throws IOException;
  }

  /** Interleaved RGB of a PNG, BMP or a GIF's first frame, levels as stored. */
  static byte[] decode(ByteSource source, byte[] encoded, String format)
      throws InvalidImageException {
    return read(source, encoded, format, reader -> Rasters.rgb(reader.read(0)));
  }

  /** A PNG or the first page of a TIFF as AWT takes it, its depth and alpha kept. */
  static BufferedImage image(ByteSource source, byte[] encoded, String format)
      throws InvalidImageException {
    return read(
        source,
        encoded,
        format,
        reader -> {
          ImageDecoder.checkSize(source, reader.getWidth(0), reader.getHeight(0));
          return reader.read(0);
        });
  }

  /** Interleaved RGB of a JPEG, from its components as coded. */
  static byte[] decodeJpeg(ByteSource source, JpegFile file) throws InvalidImageException {
    Raster raster = read(source, file.bare(), "jpeg", reader -> reader.readRaster(0, null));
    return JpegColours.rgb(raster, file.colour());
  }

  private static <T> T read(ByteSource source, byte[] encoded, String format, Reading<T> reading)
      throws InvalidImageException {
    String name = format.toUpperCase(Locale.ROOT);
    ImageReader reader = reader(source, format);
    AtomicBoolean cutShort = new AtomicBoolean();
    // libjpeg's "premature end of data segment" is only a warning, and the rest is left grey.
    IIOReadWarningListener listener =
        (from, warning) -> {
          if (warning.toLowerCase(Locale.ROOT).contains("premature end")) {
            cutShort.set(true);
          }
        };
    T result;
    // In memory: ImageIO's own choice of stream may write to the disk.
    try (MemoryCacheImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded))) {
      reader.addIIOReadWarningListener(listener);
      reader.setInput(stream, true, true);
      result = reading.from(reader);
    } catch (InvalidImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw source.invalid(
          "the " + name + "'s image data is damaged (" + reason(e) + "); fetch or save it again",
          e);
    } finally {
      reader.dispose();
    }
    if (cutShort.get()) {
      throw source.invalid(
          "the " + name + "'s image data ends early, a part is missing; fetch or save it again");
    }
    return result;
  }

  /** The JDK's reader, whatever plug-ins are about: its results are the ones that were checked. */
  private static ImageReader reader(ByteSource source, String format) throws InvalidImageException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if ("java.desktop".equals(reader.getClass().getModule().getName())) {
        return reader;
      }
      reader.dispose();
    }
    throw source.invalid("this Java runtime has no " + format + " reader; use a full JDK or JRE");
  }

  /** One line of an exception. */
  private static String reason(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null
        ? thrown.getClass().getSimpleName()
        : message.lines().findFirst().orElse("").strip();
  }
}
