package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Pictures of a red or a blue rectangle, or of one each, on a noisy grey ground. */
record Things(int count, int width, int height, long seed) implements DetectionDataset {
  static final List<String> CLASSES = List.of("red", "blue");

  @Override
  public List<String> classNames() {
    return CLASSES;
  }

  /** Every third picture has both. */
  @Override
  public DetectionExample example(int index) {
    Random random = new Random(seed * 1000 + index);
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (110 + random.nextInt(20));
    }
    List<Instance> things = new ArrayList<>();
    int first = random.nextInt(2);
    for (int k = 0; k < (index % 3 == 2 ? 2 : 1); k++) {
      int label = (first + k) % 2;
      int left = random.nextInt(width / 4) + k * width / 2;
      int top = random.nextInt(height / 2);
      boolean[] mask = new boolean[width * height];
      for (int i = 0; i < mask.length; i++) {
        int x = i % width;
        int y = i / width;
        mask[i] = x >= left && x < left + width / 4 && y >= top && y < top + height / 2;
        for (int c = 0; c < 3 && mask[i]; c++) {
          rgb[3 * i + c] = (byte) (c == 2 * label ? 220 : 30);
        }
      }
      things.add(Instance.of(label, RunLengthMask.of(width, height, mask)));
    }
    return new DetectionExample(index, new PixelImage(width, height, rgb), things);
  }

  @Override
  public String identity() {
    return toString();
  }
}
