package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opencv.core.CvType;
import org.opencv.core.Mat;
import org.opencv.core.Size;
import org.opencv.imgproc.Imgproc;

class BilinearResizeTest {
  private static PixelImage random(int width, int height, long seed) {
    byte[] rgb = new byte[3 * width * height];
    new Random(seed).nextBytes(rgb);
    return new PixelImage(width, height, rgb);
  }

  private static byte[] byOpenCv(PixelImage image, int width, int height) {
    Mat from = new Mat(image.height(), image.width(), CvType.CV_8UC3);
    Mat to = new Mat();
    try {
      from.put(0, 0, image.rgb());
      Imgproc.resize(from, to, new Size(width, height), 0, 0, Imgproc.INTER_LINEAR);
      byte[] rgb = new byte[3 * width * height];
      to.get(0, 0, rgb);
      return rgb;
    } finally {
      from.release();
      to.release();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "64, 48, 128, 96",
    "64, 48, 32, 24", // the mean of four
    "64, 48, 32, 25",
    "64, 48, 33, 24",
    "64, 48, 16, 12",
    "640, 480, 1067, 800",
    "500, 375, 1067, 800",
    "4000, 3000, 1067, 800",
    "1, 1, 7, 5",
    "7, 5, 1, 1",
    "2, 2, 1, 1",
    "3, 500, 8, 1333",
    "800, 20, 1333, 33",
    "31, 17, 31, 40",
    "31, 17, 50, 17",
  })
  void isOpenCvs(int width, int height, int newWidth, int newHeight) {
    assertThat(OpenCvPixels.available()).isTrue();
    PixelImage image = random(width, height, width + 31L * newWidth);
    PixelImage resized = BilinearResize.resize(image, newWidth, newHeight);
    assertThat(resized.width()).isEqualTo(newWidth);
    assertThat(resized.height()).isEqualTo(newHeight);
    assertThat(resized.rgb()).isEqualTo(byOpenCv(image, newWidth, newHeight));
  }

  @Test
  void isOpenCvsAtAnySize() {
    assertThat(OpenCvPixels.available()).isTrue();
    Random sizes = new Random(7);
    for (int i = 0; i < 200; i++) {
      PixelImage image = random(1 + sizes.nextInt(90), 1 + sizes.nextInt(90), i);
      int width = 1 + sizes.nextInt(120);
      int height = 1 + sizes.nextInt(120);
      assertThat(BilinearResize.resize(image, width, height).rgb())
          .as("%dx%d to %dx%d", image.width(), image.height(), width, height)
          .isEqualTo(byOpenCv(image, width, height));
    }
  }

  @Test
  void theSameSizeIsTheSameImage() {
    PixelImage image = random(9, 4, 1);
    assertThat(BilinearResize.resize(image, 9, 4)).isSameAs(image);
  }

  @Test
  void sizesWithoutPixelsAreRefused() {
    PixelImage image = random(9, 4, 1);
    for (int[] size : new int[][] {{0, 4}, {4, 0}, {-1, 3}, {50_000, 50_000}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BilinearResize.resize(image, size[0], size[1]))
          .withMessageContaining("9x4")
          .withMessageContaining(size[0] + "x" + size[1]);
    }
  }
}
