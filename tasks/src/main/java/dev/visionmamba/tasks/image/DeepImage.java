package dev.visionmamba.tasks.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * An upright picture that keeps what its file tells: grey or RGB, with alpha or without, 8 or 16
 * bits a level. Levels are interleaved, rows from the top: channel c of the pixel in column x and
 * row y is {@code levels.get((y * width + x) * channels() + c)}; alpha, if there is one, is the
 * last channel, not multiplied into the colours. Levels are as stored: colour profiles and gamma
 * are ignored.
 *
 * <p>The levels are held, not copied; treat them as read-only once they are in here. Classifiers
 * take {@link PixelImage}, which is always 8-bit RGB.
 *
 * @param width columns, at least 1
 * @param height rows, at least 1
 * @param colours colour channels: 1 for grey, 3 for red, green and blue
 * @param alpha whether a last channel tells the opacity
 * @param levels {@code width * height * channels()} levels
 */
public record DeepImage(int width, int height, int colours, boolean alpha, Levels levels) {

  /**
   * Checks the size against the levels.
   *
   * @throws IllegalArgumentException if a side is below 1, the colours are neither 1 nor 3, or
   *     there are more or fewer levels than {@code width * height * channels()}
   */
  public DeepImage {
    Objects.requireNonNull(levels, "levels");
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "An image has at least 1x1 pixels, not " + width + "x" + height);
    }
    if (colours != 1 && colours != 3) {
      throw new IllegalArgumentException("colours must be 1 or 3, got " + colours);
    }
    long wanted = (long) width * height * (colours + (alpha ? 1 : 0));
    if (levels.length() != wanted) {
      throw new IllegalArgumentException(
          "levels: a %dx%d image of %d colours %s alpha takes %d levels, got %d"
              .formatted(
                  width, height, colours, alpha ? "with" : "without", wanted, levels.length()));
    }
  }

  /**
   * An 8-bit RGB image as this type.
   *
   * @param image the image; its array is shared
   * @return the same pixels, without alpha
   */
  public static DeepImage of(PixelImage image) {
    return new DeepImage(image.width(), image.height(), 3, false, Levels.of(image.rgb()));
  }

  /**
   * Reads a PNG, TIFF, JPEG, GIF or BMP file, upright by EXIF's orientation. Of a PNG or TIFF all
   * is kept: grey stays grey, 16-bit levels and alpha stay; a PNG's transparent colour (tRNS)
   * becomes alpha, a palette's colours become RGB, levels of fewer bits are stretched to 8. TIFFs
   * are read by the JDK's reader, the first page; their levels must be unsigned and of up to 16
   * bits, grey or RGB. A JPEG is 8-bit grey or RGB, a GIF's first frame and a BMP 8-bit RGB, as
   * {@link ImageDecoder} decodes them.
   *
   * @param file where the image is
   * @return its pixels
   * @throws NoSuchFileException if there is no such file
   * @throws InvalidImageException if it is a directory or no usable image
   * @throws IOException if it can not be read
   */
  public static DeepImage read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new InvalidImageException(file + ": a directory, not an image; name a file in it");
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "there is no such image file");
    }
    if (Files.size(file) > ImageDecoder.MAX_BYTES) {
      throw new InvalidImageException(
          file + ": over " + ImageDecoder.MAX_BYTES + " bytes, too large for an image");
    }
    return read(Files.readAllBytes(file), file.toString());
  }

  /**
   * Reads encoded bytes, as {@link #read(Path)} does a file.
   *
   * @param encoded encoded image, not changed
   * @param sourceName what errors call it: a file's name, an address
   * @return its pixels
   * @throws InvalidImageException if it is no usable image
   */
  public static DeepImage read(byte[] encoded, String sourceName) throws InvalidImageException {
    return DeepImageFormats.read(
        new ByteSource(
            Objects.requireNonNull(sourceName, "sourceName"),
            Objects.requireNonNull(encoded, "encoded")));
  }

  /**
   * Writes a PNG of this depth, with just these channels, whole or not at all.
   *
   * @param file where; its folder must exist
   * @throws IOException if it can not be written
   */
  public void write(Path file) throws IOException {
    DeepImageFormats.writePng(this, file);
  }

  /**
   * Writes a PNG of this depth, with just these channels.
   *
   * @param out where to; flushed and left open
   * @throws IOException if it can not be written
   */
  public void write(OutputStream out) throws IOException {
    DeepImageFormats.writePng(this, out);
  }

  /**
   * Levels of one pixel.
   *
   * @return 1 to 4: the colours, and 1 for alpha
   */
  public int channels() {
    return colours + (alpha ? 1 : 0);
  }

  /**
   * One level.
   *
   * @param x column
   * @param y row
   * @param channel 0 to {@code channels() - 1}
   * @return 0 to {@code levels.max()}
   */
  public int level(int x, int y, int channel) {
    return levels.get((y * width + x) * channels() + channel);
  }

  /**
   * This picture without its alpha.
   *
   * @return its colours alone; this one if it has no alpha
   */
  public DeepImage opaque() {
    return alpha ? chosen(colours, 0) : this;
  }

  /**
   * The alpha of this picture as a grey one.
   *
   * @return one level a pixel
   * @throws IllegalStateException if there is no alpha
   */
  public DeepImage alphaAsGrey() {
    if (!alpha) {
      throw new IllegalStateException(this + " has no alpha");
    }
    return chosen(1, colours);
  }

  /**
   * This picture in RGB, for networks of three channels.
   *
   * @return its grey levels repeated; this one if it is RGB
   */
  public DeepImage toRgb() {
    if (colours == 3) {
      return this;
    }
    Levels rgb = Levels.allocate(levels.bits(), (long) width * height * (channels() + 2));
    for (int in = 0, out = 0; in < levels.length(); ) {
      int grey = levels.get(in++);
      rgb.set(out++, grey);
      rgb.set(out++, grey);
      rgb.set(out++, grey);
      if (alpha) {
        rgb.set(out++, levels.get(in++));
      }
    }
    return new DeepImage(width, height, 3, alpha, rgb);
  }

  /**
   * This picture in grey, for networks of one channel: ITU-R 601 luma of the full range, with 16
   * fractional bits as PIL computes it. Grey levels that were repeated come back as they were.
   *
   * @return one colour channel; this one if it is grey
   */
  public DeepImage toGrey() {
    if (colours == 1) {
      return this;
    }
    Levels grey = Levels.allocate(levels.bits(), (long) width * height * (channels() - 2));
    for (int in = 0, out = 0; in < levels.length(); ) {
      long luma = 19595L * levels.get(in++);
      luma += 38470L * levels.get(in++);
      luma += 7471L * levels.get(in++);
      grey.set(out++, (int) (luma + 0x8000 >> 16));
      if (alpha) {
        grey.set(out++, levels.get(in++));
      }
    }
    return new DeepImage(width, height, 1, alpha, grey);
  }

  /**
   * The pixels as 8-bit RGB: grey repeated, the high byte of 16-bit levels, alpha dropped.
   *
   * @return an image whose array is its own
   */
  public PixelImage toPixelImage() {
    byte[] rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
    int shift = levels.bits() - 8;
    int step = channels();
    for (int in = 0, out = 0; in < levels.length(); in += step) {
      for (int c = 0; c < 3; c++) {
        rgb[out++] = (byte) (levels.get(in + Math.min(c, colours - 1)) >> shift);
      }
    }
    return new PixelImage(width, height, rgb);
  }

  /**
   * Resizes each channel on its own by {@link Resampler}'s kernels: 8-bit levels by {@link
   * Resampler} itself, 16-bit ones with its weights, rows first, rounded to 16 bits, then columns.
   *
   * @param newWidth columns of the result, at least 1
   * @param newHeight rows of the result, at least 1
   * @param interpolation the kernel
   * @return the resized picture; this one if the size is the same
   * @throws IllegalArgumentException if a side is below 1 or the result has over {@link
   *     Integer#MAX_VALUE} levels
   */
  public DeepImage resize(int newWidth, int newHeight, Interpolation interpolation) {
    if (newWidth == width && newHeight == height) {
      return this;
    }
    Levels resized =
        levels.bits() == 8
            ? Levels.of(
                Resampler.resize(
                    levels.bytes(), width, height, channels(), newWidth, newHeight, interpolation))
            : Levels.of(WideResampler.resize(this, newWidth, newHeight, interpolation));
    return new DeepImage(newWidth, newHeight, colours, alpha, resized);
  }

  /**
   * This picture turned or mirrored.
   *
   * @param orientation EXIF's number, 1 to 8; see {@link GridTurn}
   * @return the turned picture; this one for 1
   * @throws IllegalArgumentException if the orientation is not 1 to 8
   */
  public DeepImage turned(int orientation) {
    GridTurn turn = GridTurn.of(width, height, orientation);
    if (orientation == 1) {
      return this;
    }
    int step = channels();
    Levels turned = Levels.allocate(levels.bits(), levels.length());
    int out = 0;
    for (int y = 0; y < turn.height(); y++) {
      for (int x = 0; x < turn.width(); x++) {
        int in = turn.index(x, y) * step;
        for (int c = 0; c < step; c++) {
          turned.set(out++, levels.get(in + c));
        }
      }
    }
    return new DeepImage(turn.width(), turn.height(), colours, alpha, turned);
  }

  /**
   * A picture for AWT over the same levels, for drawing it; do not draw on it.
   *
   * @return an image of interleaved bytes or unsigned shorts in sRGB or grey
   */
  public BufferedImage toBufferedImage() {
    boolean wide = levels.bits() == 16;
    int step = channels();
    int[] offsets = new int[step];
    for (int c = 0; c < step; c++) {
      offsets[c] = c;
    }
    DataBuffer buffer =
        wide
            ? new DataBufferUShort(levels.shorts(), levels.length())
            : new DataBufferByte(levels.bytes(), levels.length());
    WritableRaster raster =
        Raster.createInterleavedRaster(buffer, width, height, width * step, step, offsets, null);
    ColorSpace space =
        ColorSpace.getInstance(colours == 3 ? ColorSpace.CS_sRGB : ColorSpace.CS_GRAY);
    ColorModel model =
        new ComponentColorModel(
            space,
            alpha,
            false,
            alpha ? ColorModel.TRANSLUCENT : ColorModel.OPAQUE,
            buffer.getDataType());
    return new BufferedImage(model, raster, false, null);
  }

  /** Some neighbouring channels, as colours without alpha. */
  private DeepImage chosen(int count, int first) {
    int step = channels();
    Levels chosen = Levels.allocate(levels.bits(), (long) width * height * count);
    for (int in = first, out = 0; out < chosen.length(); in += step) {
      for (int c = 0; c < count; c++) {
        chosen.set(out++, levels.get(in + c));
      }
    }
    return new DeepImage(width, height, count, false, chosen);
  }

  /** The first colour channel alone, where all are the same. */
  DeepImage firstColour() {
    return chosen(1, 0);
  }

  @Override
  public String toString() {
    return "DeepImage[%dx%d, %s%s, %d bits]"
        .formatted(
            width, height, colours == 3 ? "RGB" : "grey", alpha ? "+alpha" : "", levels.bits());
  }
}
