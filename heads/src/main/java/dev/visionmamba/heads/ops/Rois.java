package dev.visionmamba.heads.ops;

import java.util.Arrays;
import java.util.List;

/**
 * Regions of interest: boxes, and the image of the batch that each lies in.
 *
 * @param boxes n boxes in pixels of the network's input, finite
 * @param images n numbers from 0
 */
public record Rois(float[] boxes, int[] images) {

  /**
   * Checks that there is an image for each box.
   *
   * @throws IllegalArgumentException if there is not, or a coordinate is not finite
   */
  public Rois {
    if (Boxes.count(boxes) != images.length) {
      throw new IllegalArgumentException(
          Boxes.count(boxes) + " boxes need as many images, but there are " + images.length);
    }
    Boxes.requireFinite(boxes, "coordinates of regions");
  }

  /**
   * Regions of the first image.
   *
   * @param boxes n boxes
   * @return n regions
   */
  public static Rois ofOneImage(float[] boxes) {
    return new Rois(boxes, new int[Boxes.count(boxes)]);
  }

  /**
   * The regions of a batch.
   *
   * @param boxes those of each image
   * @return one after the other
   */
  public static Rois ofBatch(List<float[]> boxes) {
    int floats = boxes.stream().mapToInt(array -> array.length).sum();
    float[] all = new float[floats];
    int[] images = new int[floats / Boxes.COORDINATES];
    int at = 0;
    for (int i = 0; i < boxes.size(); i++) {
      float[] some = boxes.get(i);
      System.arraycopy(some, 0, all, at, some.length);
      Arrays.fill(images, at / Boxes.COORDINATES, (at + some.length) / Boxes.COORDINATES, i);
      at += some.length;
    }
    return new Rois(all, images);
  }

  /**
   * How many.
   *
   * @return at least 0
   */
  public int size() {
    return images.length;
  }
}
