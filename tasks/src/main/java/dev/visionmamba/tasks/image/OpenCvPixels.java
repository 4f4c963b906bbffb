package dev.visionmamba.tasks.image;

import nu.pattern.OpenCV;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.MatOfByte;
import org.opencv.imgcodecs.Imgcodecs;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decoding and pixels through OpenCV, an optional dependency. */
final class OpenCvPixels {
  private OpenCvPixels() {}

  /** Whether OpenCV's classes and native library are here and load. */
  static boolean available() {
    return Loaded.OK;
  }

  /** Tries once, when first asked. */
  private static final class Loaded {
    private static final boolean OK = load();

    private static boolean load() {
      Logger logger = LoggerFactory.getLogger(OpenCvPixels.class);
      try {
        OpenCV.loadLocally();
        logger.debug("Images are decoded by ImageIO and OpenCV");
        return true;
      } catch (LinkageError | RuntimeException e) {
        logger.debug("Images are decoded by ImageIO alone: {}", e.toString());
        return false;
      }
    }
  }

  /**
   * Decodes a bare PNG or JPEG; its levels are left as they are stored.
   *
   * @return interleaved RGB, or null if OpenCV gives up on it or sees another size
   */
  static byte[] decode(byte[] encoded, int width, int height) {
    MatOfByte input = new MatOfByte();
    Mat output = null;
    try {
      input.fromArray(encoded);
      output =
          Imgcodecs.imdecode(input, Imgcodecs.IMREAD_COLOR | Imgcodecs.IMREAD_IGNORE_ORIENTATION);
      return output.cols() == width && output.rows() == height ? rgb(output) : null;
    } catch (Exception e) {
      // Its native code throws unchecked CvException and, undeclared, plain Exception.
      return null;
    } finally {
      // Native memory; not left to a finalizer.
      input.release();
      if (output != null) {
        output.release();
      }
    }
  }

  /**
   * A matrix's pixels.
   *
   * @param mat an OpenCV Mat of 8-bit grey, BGR or BGRA
   * @return interleaved RGB, or null if it is of another type
   */
  static byte[] rgb(Object mat) {
    Mat matrix = (Mat) mat;
    int channels = matrix.channels();
    if (matrix.depth() != CvType.CV_8U || channels == 2 || channels > 4 || matrix.empty()) {
      return null;
    }
    int pixels = matrix.cols() * matrix.rows();
    byte[] levels = new byte[pixels * channels];
    matrix.get(0, 0, levels);
    if (channels == 3) {
      for (int i = 0; i < levels.length; i += 3) {
        byte blue = levels[i];
        levels[i] = levels[i + 2];
        levels[i + 2] = blue;
      }
      return levels;
    }
    byte[] rgb = new byte[3 * pixels];
    int red = channels == 1 ? 0 : 2;
    int green = channels == 1 ? 0 : 1;
    for (int i = 0; i < pixels; i++) {
      rgb[3 * i] = levels[channels * i + red];
      rgb[3 * i + 1] = levels[channels * i + green];
      rgb[3 * i + 2] = levels[channels * i];
    }
    return rgb;
  }
}
