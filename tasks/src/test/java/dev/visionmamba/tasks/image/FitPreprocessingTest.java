package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.zoo.FitInput;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FitPreprocessingTest {
  private static final List<Float> MEAN = List.of(0.485f, 0.456f, 0.406f);
  private static final List<Float> STD = List.of(0.229f, 0.224f, 0.225f);

  @Test
  void sizesAreOpenMmLabs() {
    FitPreprocessing detector = new FitPreprocessing(new FitInput(800, 1333, 32, MEAN, STD));
    RescaleSize size = detector.size(640, 480);
    assertThat(size.width()).isEqualTo(1067);
    assertThat(size.height()).isEqualTo(800);
    assertThat(detector.padded(size.width())).isEqualTo(1088);
    assertThat(detector.padded(size.height())).isEqualTo(800);
    RescaleSize wide = detector.size(2000, 500);
    assertThat(wide.width()).isEqualTo(1333);
    assertThat(wide.height()).isEqualTo(333);
  }

  /** Both sides go up to the multiple, by resizing. */
  @Test
  void sidesMayBeStretched() {
    FitPreprocessing stretched = new FitPreprocessing(new FitInput(512, 2048, 32, true, MEAN, STD));
    RescaleSize size = stretched.size(683, 500);
    assertThat(size.height()).isEqualTo(512);
    assertThat(size.width()).isEqualTo(704); // 699 is the proportional one
    assertThat(size.scaleX()).isEqualTo(704 / 683.0);
    assertThat(stretched.padded(size.width())).isEqualTo(704);
  }

  @Test
  void isResizedNormalisedAndFilledUp() {
    byte[] rgb = new byte[3 * 20 * 10];
    new Random(1).nextBytes(rgb);
    PixelImage picture = new PixelImage(20, 10, rgb);
    FitPreprocessing preprocessing = new FitPreprocessing(new FitInput(16, 64, 8, MEAN, STD));
    PixelImage resized = BilinearResize.resize(picture, 32, 16);
    float[] planes = new float[3 * 24 * 40];
    preprocessing.write(picture, FloatBuffer.wrap(planes), 40, 24);
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < 24; y++) {
        for (int x = 0; x < 40; x++) {
          double wanted = 0;
          if (x < 32 && y < 16) {
            int level = resized.rgb()[3 * (y * 32 + x) + c] & 0xFF;
            wanted = (level / 255.0 - MEAN.get(c)) / STD.get(c);
          }
          assertThat((double) planes[(c * 24 + y) * 40 + x]).isCloseTo(wanted, within(1e-6));
        }
      }
    }
  }

  @Test
  void sizesOutOfRangeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FitInput(800, 400, 32, MEAN, STD))
        .withMessageContaining("800, 400 and 32");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FitInput(8, 8, 1, List.of(0f), List.of(1f)))
        .withMessageContaining("three channels");
  }
}
