package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;

/**
 * Enlarges what is too small to be written on: each pixel becomes a square.
 *
 * @param factor the side of such a square
 */
record Magnifier(int factor) {
  /** On pictures whose longer side is at least so long, in pixels, labels find room. */
  static final int LEGIBLE = 400;

  /** What a picture needs. */
  static Magnifier of(PixelImage picture) {
    int longer = Math.max(picture.width(), picture.height());
    return new Magnifier((LEGIBLE + longer - 1) / longer);
  }

  PixelImage picture(PixelImage picture) {
    if (factor == 1) {
      return picture;
    }
    int width = factor * picture.width();
    int height = factor * picture.height();
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < width * height; i++) {
      int from = 3 * source(i, width);
      System.arraycopy(picture.rgb(), from, rgb, 3 * i, 3);
    }
    return new PixelImage(width, height, rgb);
  }

  LabelMap labels(LabelMap labels) {
    if (factor == 1) {
      return labels;
    }
    int width = factor * labels.width();
    byte[] large = new byte[factor * width * labels.height()];
    for (int i = 0; i < large.length; i++) {
      large[i] = labels.labels()[source(i, width)];
    }
    return new LabelMap(width, factor * labels.height(), large);
  }

  /** A mask of an enlarged picture; null for none. */
  RunLengthMask mask(RunLengthMask mask) {
    if (factor == 1 || mask == null) {
      return mask;
    }
    boolean[] small = mask.pixels();
    int width = factor * mask.width();
    boolean[] large = new boolean[factor * width * mask.height()];
    for (int i = 0; i < large.length; i++) {
      large[i] = small[source(i, width)];
    }
    return RunLengthMask.of(width, factor * mask.height(), large);
  }

  Box box(Box box) {
    return new Box(
        factor * box.left(), factor * box.top(), factor * box.width(), factor * box.height());
  }

  /** The pixel that a pixel of the enlarged picture comes from. */
  private int source(int i, int width) {
    return i / width / factor * (width / factor) + i % width / factor;
  }
}
