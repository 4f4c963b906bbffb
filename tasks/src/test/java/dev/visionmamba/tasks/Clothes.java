package dev.visionmamba.tasks;

import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.LabelledImages;
import java.util.Random;

/** Small data sets for tests: pictures that are easy to tell apart. */
public final class Clothes {
  private Clothes() {}

  /** Grey noise with one bright bar a picture; its height says which class. */
  public static LabelledImages bars(int count, long seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[count * 28 * 28];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) (i % 10);
      for (int y = 0; y < 28; y++) {
        for (int x = 0; x < 28; x++) {
          boolean bar = y >= 2 * labels[i] + 3 && y < 2 * labels[i] + 6;
          pixels[(i * 28 + y) * 28 + x] = (byte) (random.nextInt(60) + (bar ? 190 : 0));
        }
      }
    }
    return LabelledImages.of(28, 28, pixels, labels, FashionMnist.CLASS_NAMES);
  }
}
