package dev.visionmamba.tasks.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;

/** RGB levels from AWT images, read from the raster's bands so that no colour is converted. */
final class Rasters {
  private Rasters() {}

  /** The image's levels as stored, interleaved RGB; alpha is dropped. */
  static byte[] rgb(BufferedImage image) {
    ColorModel model = image.getColorModel();
    Raster raster = image.getRaster();
    if (model instanceof IndexColorModel palette) {
      return paletteRgb(raster, palette);
    }
    int type = model.getColorSpace().getType();
    int dataType = raster.getSampleModel().getDataType();
    boolean plainBands =
        (type == ColorSpace.TYPE_RGB || type == ColorSpace.TYPE_GRAY)
            && !(model.hasAlpha() && model.isAlphaPremultiplied())
            && dataType != DataBuffer.TYPE_FLOAT
            && dataType != DataBuffer.TYPE_DOUBLE;
    return plainBands ? bandRgb(raster) : convertedRgb(image);
  }

  /** The raster's bands as they are: 1 or 2 bands are grey, of 3 or 4 the first three are RGB. */
  private static byte[] bandRgb(Raster raster) {
    int bands = raster.getNumBands();
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int green = bands < 3 ? 0 : 1;
    int blue = bands < 3 ? 0 : 2;
    if (raster.getSampleModel() instanceof PixelInterleavedSampleModel model
        && raster.getDataBuffer() instanceof DataBufferByte buffer) {
      byte[] data = buffer.getData();
      int[] offsets = model.getBandOffsets();
      int step = model.getPixelStride();
      int out = 0;
      for (int y = 0; y < height; y++) {
        int in =
            buffer.getOffset()
                + (raster.getMinY() + y - raster.getSampleModelTranslateY())
                    * model.getScanlineStride()
                + (raster.getMinX() - raster.getSampleModelTranslateX()) * step;
        for (int x = 0; x < width; x++, in += step) {
          rgb[out++] = data[in + offsets[0]];
          rgb[out++] = data[in + offsets[green]];
          rgb[out++] = data[in + offsets[blue]];
        }
      }
      return rgb;
    }
    SampleModel model = raster.getSampleModel();
    int[] row = new int[width * bands];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += bands) {
        rgb[out++] = level(row[i], model.getSampleSize(0));
        rgb[out++] = level(row[i + green], model.getSampleSize(green));
        rgb[out++] = level(row[i + blue], model.getSampleSize(blue));
      }
    }
    return rgb;
  }

  /** A level of so many bits as one of 8: the high byte of more, PIL's stretching of fewer. */
  private static byte level(int value, int bits) {
    return (byte) (bits >= 8 ? value >>> (bits - 8) : value * 255 / ((1 << bits) - 1));
  }

  private static byte[] paletteRgb(Raster raster, IndexColorModel palette) {
    int[] colours = new int[palette.getMapSize()];
    palette.getRGBs(colours);
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width];
    int out = 0;
    for (int y = 0; y < height; y++) {
      raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
      for (int index : row) {
        int colour = index < colours.length ? colours[index] : 0;
        rgb[out++] = (byte) (colour >> 16);
        rgb[out++] = (byte) (colour >> 8);
        rgb[out++] = (byte) colour;
      }
    }
    return rgb;
  }

  /** AWT's own conversion, for premultiplied, floating-point and foreign colour models. */
  private static byte[] convertedRgb(BufferedImage image) {
    int width = image.getWidth();
    byte[] rgb = new byte[3 * width * image.getHeight()];
    int[] row = new int[width];
    int out = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int colour : row) {
        rgb[out++] = (byte) (colour >> 16);
        rgb[out++] = (byte) (colour >> 8);
        rgb[out++] = (byte) colour;
      }
    }
    return rgb;
  }
}
