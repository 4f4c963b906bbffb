package dev.visionmamba.tasks.image;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.zoo.FitInput;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pictures as a network's input arrays. */
class NetworkInputTest {

  private static PixelImage picture(int width, int height, long seed) {
    byte[] rgb = new byte[3 * width * height];
    new Random(seed).nextBytes(rgb);
    return new PixelImage(width, height, rgb);
  }

  @Test
  void aBatchHoldsWhatEachPictureGives() {
    Preprocessing preprocessing = Preprocessing.imageNet(16);
    List<PixelImage> pictures = List.of(picture(40, 30, 1), picture(20, 33, 2));
    FloatBuffer wanted = FloatBuffer.allocate(2 * preprocessing.length());
    pictures.forEach(picture -> preprocessing.write(picture, wanted));
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray batch = preprocessing.toArray(manager, pictures);
      assertThat(batch.getShape()).isEqualTo(new Shape(2, 3, 16, 16));
      assertThat(batch.toFloatArray()).containsExactly(wanted.array());
      assertThat(batch.getManager()).isSameAs(manager);
    }
  }

  @Test
  void aFittedPictureIsFilledUp() {
    FitPreprocessing preprocessing =
        new FitPreprocessing(
            new FitInput(24, 64, 16, List.of(0.5f, 0.4f, 0.3f), List.of(0.2f, 0.3f, 0.4f)));
    PixelImage picture = picture(40, 24, 3);
    FloatBuffer wanted = FloatBuffer.allocate(3 * 32 * 48);
    preprocessing.write(picture, wanted, 48, 32);
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray input = preprocessing.toArray(manager, picture);
      assertThat(input.getShape()).isEqualTo(new Shape(1, 3, 32, 48));
      assertThat(input.toFloatArray()).containsExactly(wanted.array());
      assertThat(input.getFloat(0, 0, 31, 47)).isZero();
    }
  }
}
