package dev.visionmamba.tasks.image;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/** From a JPEG's components to RGB: libjpeg's integer arithmetic, and PIL's for CMYK. */
final class JpegColours {
  private static final int HALF = 1 << 15;

  private JpegColours() {}

  /** Interleaved RGB of a raster whose bands are the components as coded. */
  static byte[] rgb(Raster raster, JpegFile.Colour colour) {
    byte[] coded = interleaved(raster);
    int pixels = raster.getWidth() * raster.getHeight();
    return switch (colour) {
      case GREY -> grey(coded, pixels);
      case RGB -> coded;
      case YCBCR -> {
        ycbcrToRgb(coded, 3);
        yield coded;
      }
      case CMYK -> inkToRgb(coded, pixels);
      case YCCK -> {
        ycbcrToRgb(coded, 4);
        for (int i = 0; i < coded.length; i++) {
          if (i % 4 != 3) {
            coded[i] = (byte) ~coded[i]; // C = 255 - R and so on; black stands as it is.
          }
        }
        yield inkToRgb(coded, pixels);
      }
    };
  }

  private static byte[] interleaved(Raster raster) {
    int bands = raster.getNumBands();
    int width = raster.getWidth();
    if (raster.getSampleModel() instanceof PixelInterleavedSampleModel model
        && raster.getDataBuffer() instanceof DataBufferByte buffer
        && buffer.getData().length == width * raster.getHeight() * bands
        && inOrder(model.getBandOffsets())) {
      return buffer.getData();
    }
    byte[] bytes = new byte[width * raster.getHeight() * bands];
    int[] row = new int[width * bands];
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int i = 0; i < row.length; i++) {
        bytes[y * row.length + i] = (byte) row[i];
      }
    }
    return bytes;
  }

  private static boolean inOrder(int[] offsets) {
    for (int i = 0; i < offsets.length; i++) {
      if (offsets[i] != i) {
        return false;
      }
    }
    return true;
  }

  private static byte[] grey(byte[] levels, int pixels) {
    byte[] rgb = new byte[3 * pixels];
    for (int i = 0; i < pixels; i++) {
      rgb[3 * i] = levels[i];
      rgb[3 * i + 1] = levels[i];
      rgb[3 * i + 2] = levels[i];
    }
    return rgb;
  }

  /** Replaces the first three bytes of each pixel; ITU-R BT.601 as in libjpeg's jdcolor.c. */
  private static void ycbcrToRgb(byte[] pixels, int step) {
    for (int i = 0; i < pixels.length; i += step) {
      int y = pixels[i] & 0xff;
      int cb = (pixels[i + 1] & 0xff) - 128;
      int cr = (pixels[i + 2] & 0xff) - 128;
      pixels[i] = clip(y + (91881 * cr + HALF >> 16)); // 1.40200
      pixels[i + 1] = clip(y + (-22554 * cb - 46802 * cr + HALF >> 16)); // 0.34414, 0.71414
      pixels[i + 2] = clip(y + (116130 * cb + HALF >> 16)); // 1.77200
    }
  }

  /**
   * From inverted inks: 255 is none. Adobe stores them so and PIL takes every CMYK JPEG so; the
   * rounding of the product with black is PIL's.
   */
  private static byte[] inkToRgb(byte[] inverted, int pixels) {
    byte[] rgb = new byte[3 * pixels];
    for (int i = 0; i < pixels; i++) {
      int light = inverted[4 * i + 3] & 0xff;
      for (int c = 0; c < 3; c++) {
        int product = (255 - (inverted[4 * i + c] & 0xff)) * light + 128;
        rgb[3 * i + c] = clip(light - ((product >> 8) + product >> 8));
      }
    }
    return rgb;
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
