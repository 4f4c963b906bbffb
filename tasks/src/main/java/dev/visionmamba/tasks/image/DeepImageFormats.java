package dev.visionmamba.tasks.image;

import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Files to {@link DeepImage}s and back. */
final class DeepImageFormats {
  private static final int GREY = 0;
  private static final int RGB = 2;
  private static final int PALETTE = 3;
  private static final int GREY_ALPHA = 4;
  private static final int RGB_ALPHA = 6;

  private DeepImageFormats() {}

  static DeepImage read(ByteSource source) throws InvalidImageException {
    if (PngFile.matches(source)) {
      return readPng(source);
    }
    if (source.has(0, "II*\0") || source.has(0, "MM\0*")) {
      return readTiff(source);
    }
    DeepImage image = DeepImage.of(ImageDecoder.decode(source.bytes(), source.name()));
    boolean grey =
        JpegFile.matches(source) && JpegFile.parse(source).colour() == JpegFile.Colour.GREY;
    return grey ? image.firstColour() : image;
  }

  private static DeepImage readPng(ByteSource source) throws InvalidImageException {
    PngFile file = PngFile.parse(source);
    byte[] transparency = transparency(source, file);
    BufferedImage image = ImageIoPixels.image(source, file.bare(), "png");
    Raster raster = image.getRaster();
    int type = file.colourType();
    int colours = type == GREY || type == GREY_ALPHA ? 1 : 3;
    boolean stored = type == GREY_ALPHA || type == RGB_ALPHA;
    boolean alpha = stored || transparency != null;
    int bits = file.bitDepth() == 16 ? 16 : 8;
    int pixel = colours + (alpha ? 1 : 0);
    Levels levels = Levels.allocate(bits, (long) file.width() * file.height() * pixel);
    int[] palette = type == PALETTE ? palette(source, image) : null;
    int highest = (1 << file.bitDepth()) - 1;
    int bands = raster.getNumBands();
    int[] row = new int[file.width() * bands];
    int out = 0;
    for (int y = 0; y < file.height(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, file.width(), 1, row);
      for (int in = 0; in < row.length; in += bands) {
        if (palette != null) {
          int index = row[in];
          int colour = index < palette.length ? palette[index] : 0;
          levels.set(out++, colour >> 16);
          levels.set(out++, colour >> 8);
          levels.set(out++, colour);
          if (alpha) {
            levels.set(out++, index < transparency.length ? transparency[index] : 0xff);
          }
          continue;
        }
        for (int c = 0; c < colours; c++) {
          levels.set(out++, highest < 255 ? row[in + c] * 255 / highest : row[in + c]);
        }
        if (stored) {
          levels.set(out++, row[in + colours]);
        } else if (alpha) {
          levels.set(out++, isKey(transparency, row, in, colours) ? 0 : levels.max());
        }
      }
    }
    return new DeepImage(file.width(), file.height(), colours, alpha, levels)
        .turned(ExifOrientation.of(file.exif()));
  }

  /** Whether a pixel has the colour that stands for none: 16 bits for each channel. */
  private static boolean isKey(byte[] key, int[] row, int at, int colours) {
    for (int c = 0; c < colours; c++) {
      if (row[at + c] != ((key[2 * c] & 0xff) << 8 | key[2 * c + 1] & 0xff)) {
        return false;
      }
    }
    return true;
  }

  /** The contents of the chunk tRNS of a whole PNG, or null. */
  private static byte[] transparency(ByteSource source, PngFile file) throws InvalidImageException {
    long at = 8;
    while (!source.has(at + 4, "IEND")) {
      int length = source.i32(at);
      if (source.has(at + 4, "tRNS")) {
        PngFile.checkSum(source, (int) at, length);
        boolean valid =
            switch (file.colourType()) {
              case GREY -> length == 2;
              case RGB -> length == 6;
              case PALETTE -> length <= 256;
              default -> false;
            };
        if (!valid) {
          throw source.invalid("the PNG's transparency is not valid; save the image again");
        }
        return source.slice(at + 8, length);
      }
      at += 12L + length;
    }
    return null;
  }

  private static int[] palette(ByteSource source, BufferedImage image)
      throws InvalidImageException {
    if (!(image.getColorModel() instanceof IndexColorModel model)) {
      throw source.invalid("the image's palette can not be read; save the image again");
    }
    int[] palette = new int[model.getMapSize()];
    model.getRGBs(palette);
    return palette;
  }

  private static DeepImage readTiff(ByteSource source) throws InvalidImageException {
    BufferedImage image = ImageIoPixels.image(source, source.bytes(), "tiff");
    DeepImage stored =
        image.getColorModel() instanceof IndexColorModel
            ? indexed(source, image)
            : components(source, image);
    return stored.turned(ExifOrientation.of(source.bytes()));
  }

  private static DeepImage indexed(ByteSource source, BufferedImage image)
      throws InvalidImageException {
    boolean grey = true;
    for (int colour : palette(source, image)) {
      int blue = colour & 0xff;
      grey &= (colour & 0xffffff) == blue * 0x010101;
    }
    DeepImage rgb = DeepImage.of(PixelImage.of(image));
    return grey ? rgb.firstColour() : rgb;
  }

  private static DeepImage components(ByteSource source, BufferedImage image)
      throws InvalidImageException {
    ColorModel model = image.getColorModel();
    int space = model.getColorSpace().getType();
    int colours = space == ColorSpace.TYPE_RGB ? 3 : 1;
    boolean alpha = model.hasAlpha();
    int bands = colours + (alpha ? 1 : 0);
    int dataType = image.getSampleModel().getDataType();
    int bits = dataType == DataBuffer.TYPE_USHORT ? 16 : 8;
    boolean known =
        (space == ColorSpace.TYPE_RGB || space == ColorSpace.TYPE_GRAY)
            && (dataType == DataBuffer.TYPE_BYTE || dataType == DataBuffer.TYPE_USHORT)
            && image.getRaster().getNumBands() == bands;
    for (int size : image.getSampleModel().getSampleSize()) {
      known &= size == bits;
    }
    if (!known) {
      throw source.invalid(
          "a TIFF whose levels are not grey or RGB of 8 or 16 unsigned bits is not supported;"
              + " convert it to PNG");
    }
    image.coerceData(false);
    Raster raster = image.getRaster();
    int width = image.getWidth();
    Levels levels = Levels.allocate(bits, (long) width * image.getHeight() * bands);
    int[] row = new int[width * bands];
    int out = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int level : row) {
        levels.set(out++, level);
      }
    }
    return new DeepImage(width, image.getHeight(), colours, alpha, levels);
  }

  static void writePng(DeepImage image, Path file) throws IOException {
    AtomicFiles.write(file, channel -> writePng(image, Channels.newOutputStream(channel)));
  }

  static void writePng(DeepImage image, OutputStream out) throws IOException {
    ImageWriter writer = writer();
    // In memory: ImageIO's own choice of stream may write to the disk; what is done is let go.
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(new IIOImage(image.toBufferedImage(), null, null));
      stream.flush();
    } finally {
      writer.dispose();
    }
    out.flush();
  }

  /** The JDK's writer, whatever plug-ins are about: it is the one that was checked. */
  private static ImageWriter writer() throws IOException {
    Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("png");
    while (writers.hasNext()) {
      ImageWriter writer = writers.next();
      if ("java.desktop".equals(writer.getClass().getModule().getName())) {
        return writer;
      }
      writer.dispose();
    }
    throw new IOException("This Java runtime has no PNG writer; use a full JDK or JRE");
  }
}
