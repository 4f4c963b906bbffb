package dev.visionmamba.heads.ops;

/**
 * The boxes that a dense head starts from: the same few base boxes at every place of a level's map,
 * as Faster R-CNN introduced them (Ren et al. 2015, arXiv:1506.01497, section 3.1.1).
 *
 * <p>Computed in float32 in the order of the references' operations, so that coordinates are theirs
 * to the bit.
 */
public final class Anchors {
  private final float[] base;
  private final int stride;

  private Anchors(float[] base, int stride) {
    this.base = base;
    this.stride = stride;
  }

  /**
   * A level's anchors by the convention of mmdetection: base size = stride, centred on the corner
   * of the image, a ratio being height / width; all scales of the first ratio, then of the next.
   *
   * @param stride pixels between two places, at least 1
   * @param ratios heights by widths, above 0
   * @param scales sides of square anchors, in strides, above 0
   * @return ratios.length x scales.length anchors a place
   */
  public static Anchors ofRatiosAndScales(int stride, float[] ratios, float[] scales) {
    requirePositive(stride, "stride");
    float[] base = new float[ratios.length * scales.length * Boxes.COORDINATES];
    int i = 0;
    for (float ratio : ratios) {
      requirePositive(ratio, "ratio");
      float height = (float) Math.sqrt(ratio);
      float width = 1f / height;
      for (float scale : scales) {
        requirePositive(scale, "scale");
        i = centred(stride * width * scale, stride * height * scale, base, i);
      }
    }
    return new Anchors(base, stride);
  }

  /**
   * A level's anchors with the scales of octaves, as RetinaNet has them (Lin et al. 2017,
   * arXiv:1708.02002, section 4): scale k of n is base x 2^(k / n).
   *
   * @param stride pixels between two places
   * @param ratios heights by widths
   * @param baseScale the first scale, in strides; 4 as published
   * @param scalesPerOctave how many scales; 3 as published
   * @return ratios.length x scalesPerOctave anchors a place
   */
  public static Anchors ofOctaves(
      int stride, float[] ratios, float baseScale, int scalesPerOctave) {
    float[] scales = new float[scalesPerOctave];
    for (int k = 0; k < scalesPerOctave; k++) {
      scales[k] = (float) (Math.pow(2, (double) k / scalesPerOctave) * baseScale);
    }
    return ofRatiosAndScales(stride, ratios, scales);
  }

  /**
   * A level's anchors by the convention of detectron2: sizes in pixels, centred on the corner of
   * the image (offset 0), a ratio being height / width; all ratios of the first size, then of the
   * next.
   *
   * @param stride pixels between two places, at least 1
   * @param sizes sides of square anchors in pixels, above 0
   * @param ratios heights by widths, above 0
   * @return sizes.length x ratios.length anchors a place
   */
  public static Anchors ofSizesAndRatios(int stride, float[] sizes, float[] ratios) {
    requirePositive(stride, "stride");
    float[] base = new float[ratios.length * sizes.length * Boxes.COORDINATES];
    int i = 0;
    for (float size : sizes) {
      requirePositive(size, "size");
      double area = (double) size * size;
      for (float ratio : ratios) {
        requirePositive(ratio, "ratio");
        double width = Math.sqrt(area / ratio);
        i = centred((float) width, (float) (ratio * width), base, i);
      }
    }
    return new Anchors(base, stride);
  }

  private static void requirePositive(float value, String what) {
    if (!(value > 0) || !Float.isFinite(value)) {
      throw new IllegalArgumentException("an anchor's " + what + " must be above 0, got " + value);
    }
  }

  private static int centred(float width, float height, float[] base, int at) {
    base[at] = -0.5f * width;
    base[at + 1] = -0.5f * height;
    base[at + 2] = 0.5f * width;
    base[at + 3] = 0.5f * height;
    return at + Boxes.COORDINATES;
  }

  /**
   * How many anchors there are at a place.
   *
   * @return at least 0
   */
  public int perPlace() {
    return base.length / Boxes.COORDINATES;
  }

  /**
   * Pixels between two places.
   *
   * @return at least 1
   */
  public int stride() {
    return stride;
  }

  /**
   * The anchors at the first place, centred on (0, 0).
   *
   * @return {@link #perPlace} boxes
   */
  public float[] base() {
    return base.clone();
  }

  /**
   * The anchors of a whole map, place by place along the rows: anchor a at (y, x) is box (y width +
   * x) perPlace + a.
   *
   * @param height of the map
   * @param width of the map
   * @return height x width x perPlace boxes in pixels of the image
   */
  public float[] grid(int height, int width) {
    float[] grid = new float[Math.multiplyExact(Math.multiplyExact(height, width), base.length)];
    int i = 0;
    for (int y = 0; y < height; y++) {
      float shiftY = (float) y * stride;
      for (int x = 0; x < width; x++) {
        float shiftX = (float) x * stride;
        for (int k = 0; k < base.length; k += 2) {
          grid[i++] = base[k] + shiftX;
          grid[i++] = base[k + 1] + shiftY;
        }
      }
    }
    return grid;
  }

  /**
   * One anchor of a map.
   *
   * @param index its number in the {@link #grid}
   * @param width of the map
   * @param box where its four coordinates go
   * @param at the first one's place there
   */
  public void get(int index, int width, float[] box, int at) {
    int place = index / perPlace();
    int first = index % perPlace() * Boxes.COORDINATES;
    float shiftX = (float) (place % width) * stride;
    float shiftY = (float) (place / width) * stride;
    box[at] = base[first] + shiftX;
    box[at + 1] = base[first + 1] + shiftY;
    box[at + 2] = base[first + 2] + shiftX;
    box[at + 3] = base[first + 3] + shiftY;
  }
}
