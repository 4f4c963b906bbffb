package dev.visionmamba.tasks.annotations;

import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.InvalidImageException;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** The labels of pixels as PNG files keep them. */
public final class LabelPng {
  /** Deflate packs at most so many bytes into one. */
  private static final long MOST_PACKED = 1032;

  private LabelPng() {}

  /**
   * Reads labels that are the numbers in the file: grey levels as stored, places in its palette, or
   * colours whose three levels are the same.
   *
   * @param file a PNG
   * @return its labels, 0 to 255
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidImageException if it is no whole PNG, has too many pixels, other colours, or
   *     16-bit levels above 255
   * @throws IOException if it cannot be read
   */
  public static LabelMap read(Path file) throws IOException {
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "there is no such file of labels");
    }
    byte[] encoded;
    try (InputStream in = Files.newInputStream(file)) {
      encoded = in.readNBytes(ImageDecoder.MAX_BYTES + 1);
    }
    if (encoded.length > ImageDecoder.MAX_BYTES) {
      throw new InvalidImageException(file + ": too large for an image");
    }
    return labels(file, decode(file, encoded));
  }

  /**
   * Reads labels that are colours.
   *
   * @param file a PNG, or any other image without loss
   * @param colours the classes' colours by label, 0xRRGGBB
   * @return its labels
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidImageException if it is no usable image, or a pixel has another colour than one
   *     of the classes
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if there are too many colours or two are the same
   */
  public static LabelMap read(Path file, List<Integer> colours) throws IOException {
    Map<Integer, Byte> labels = new HashMap<>();
    for (int label = 0; label < colours.size(); label++) {
      if (labels.put(colours.get(label), (byte) label) != null) {
        throw new IllegalArgumentException(
            "the colour #%06x stands for two classes".formatted(colours.get(label)));
      }
    }
    if (labels.size() > LabelMap.MOST_CLASSES) {
      throw new IllegalArgumentException(
          "at most " + LabelMap.MOST_CLASSES + " classes can be told apart, got " + labels.size());
    }
    PixelImage image = ImageDecoder.decode(file);
    byte[] rgb = image.rgb();
    byte[] found = new byte[rgb.length / 3];
    for (int i = 0; i < found.length; i++) {
      int colour = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | rgb[3 * i + 2] & 0xff;
      Byte label = labels.get(colour);
      if (label == null) {
        throw new InvalidImageException(
            "%s: the pixel in column %d, row %d has the colour #%06x, which is that of no class"
                    .formatted(file, i % image.width(), i / image.width(), colour)
                + "; complete the classes' colours, or save masks without loss and smoothing");
      }
      found[i] = label;
    }
    return new LabelMap(image.width(), image.height(), found);
  }

  /**
   * Writes labels as the grey levels of a PNG, whole or not at all; {@link #read(Path)} and the
   * usual tools read them.
   *
   * @param labels the labels
   * @param file where; its folder must exist
   * @throws IOException if it cannot be written
   */
  public static void write(LabelMap labels, Path file) throws IOException {
    write(
        labels,
        new BufferedImage(labels.width(), labels.height(), BufferedImage.TYPE_BYTE_GRAY),
        file);
  }

  /**
   * Writes labels as places in the palette of a PNG, whole or not at all: {@link #read(Path)} and
   * the usual tools read the labels, and a picture viewer shows the colours.
   *
   * @param labels the labels
   * @param colours the classes' colours by label, 0xRRGGBB, at most 256; further labels are white
   * @param file where; its folder must exist
   * @throws IOException if it cannot be written
   * @throws IllegalArgumentException if there are more colours
   */
  public static void write(LabelMap labels, List<Integer> colours, Path file) throws IOException {
    if (colours.size() > LabelMap.IGNORED + 1) {
      throw new IllegalArgumentException(
          "a palette has at most 256 colours, got " + colours.size());
    }
    int[] palette = new int[LabelMap.IGNORED + 1];
    Arrays.setAll(palette, label -> label < colours.size() ? colours.get(label) : 0xffffff);
    IndexColorModel model =
        new IndexColorModel(8, palette.length, palette, 0, false, -1, DataBuffer.TYPE_BYTE);
    write(
        labels,
        new BufferedImage(labels.width(), labels.height(), BufferedImage.TYPE_BYTE_INDEXED, model),
        file);
  }

  /** Writes labels as an image's bytes. */
  private static void write(LabelMap labels, BufferedImage image, Path file) throws IOException {
    byte[] bytes = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    System.arraycopy(labels.labels(), 0, bytes, 0, bytes.length);
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    AtomicFiles.write(
        file, channel -> AtomicFiles.writeAll(channel, ByteBuffer.wrap(png.toByteArray())));
  }

  private static Raster decode(Path file, byte[] encoded) throws InvalidImageException {
    ImageReader reader = pngReader(file);
    AtomicReference<String> warning = new AtomicReference<>();
    reader.addIIOReadWarningListener((from, text) -> warning.set(text));
    // In memory: ImageIO's own choice of stream may write to the disk.
    try (MemoryCacheImageInputStream stream =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded))) {
      reader.setInput(stream, true, true);
      long width = reader.getWidth(0);
      long height = reader.getHeight(0);
      // Before the pixels are given memory: a few bytes can announce any size.
      if (width * height > ImageDecoder.MAX_PIXELS
          || width * height / 8 / MOST_PACKED > encoded.length) {
        throw new InvalidImageException(
            "%s: it announces %dx%d pixels in %d bytes; fetch or save it again"
                .formatted(file, width, height, encoded.length));
      }
      Raster raster = reader.read(0).getRaster();
      if (warning.get() != null) {
        throw new InvalidImageException(file + ": damaged (" + warning.get() + "); fetch it again");
      }
      return raster;
    } catch (InvalidImageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new InvalidImageException(
          file + ": not a whole PNG (" + e.getMessage() + "); save the labels as PNG again", e);
    } finally {
      reader.dispose();
    }
  }

  /** The JDK's reader, whatever plug-ins are about. */
  private static ImageReader pngReader(Path file) throws InvalidImageException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("png");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if ("java.desktop".equals(reader.getClass().getModule().getName())) {
        return reader;
      }
      reader.dispose();
    }
    throw new InvalidImageException(
        file + ": this Java runtime has no PNG reader; use a full JDK or JRE");
  }

  private static LabelMap labels(Path file, Raster raster) throws InvalidImageException {
    int width = raster.getWidth();
    int height = raster.getHeight();
    // A second or fourth band is transparency.
    int bands = raster.getNumBands() < 3 ? 1 : 3;
    byte[] labels = new byte[width * height];
    int[] row = new int[width * raster.getNumBands()];
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int x = 0; x < width; x++) {
        int first = x * raster.getNumBands();
        int label = row[first];
        boolean grey = bands == 1 || (label == row[first + 1] && label == row[first + 2]);
        if (!grey || label > LabelMap.IGNORED) {
          throw new InvalidImageException(
              "%s: the pixel in column %d, row %d %s"
                  .formatted(
                      file,
                      x,
                      y,
                      grey
                          ? "has the label " + label + ", over 255"
                          : "has a colour, not a label; give the classes' colours"));
        }
        labels[y * width + x] = (byte) label;
      }
    }
    return new LabelMap(width, height, labels);
  }
}
