package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.PixelImage;
import java.util.List;
import java.util.Random;

/** Pictures of a red or a blue rectangle on a noisy grey ground, easy to learn. */
record Stripes(int count, int width, int height, long seed) implements SegmentationDataset {
  static final List<String> CLASSES = List.of("ground", "red", "blue");

  @Override
  public List<String> classNames() {
    return CLASSES;
  }

  @Override
  public SegmentationExample example(int index) {
    Random random = new Random(seed * 1000 + index);
    int label = 1 + random.nextInt(2);
    int left = random.nextInt(width / 2);
    int top = random.nextInt(height / 2);
    byte[] rgb = new byte[3 * width * height];
    byte[] labels = new byte[width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int i = y * width + x;
        boolean in = x >= left && x < left + width / 2 && y >= top && y < top + height / 2;
        labels[i] = (byte) (in ? label : 0);
        for (int c = 0; c < 3; c++) {
          int level = in ? (c == 2 * (label - 1) ? 220 : 30) : 120;
          rgb[3 * i + c] = (byte) (level + random.nextInt(30) - 15);
        }
      }
    }
    return new SegmentationExample(
        new PixelImage(width, height, rgb), new LabelMap(width, height, labels));
  }

  @Override
  public String identity() {
    return toString();
  }
}
