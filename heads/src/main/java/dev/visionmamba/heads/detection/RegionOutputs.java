package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;

/** What region heads have in common. */
final class RegionOutputs {
  private RegionOutputs() {}

  /**
   * The masks of detections, each for its own class.
   *
   * @param logits (n, side, side, classes) of all detections of a batch, one image after the other
   * @param labels of each image's detections
   * @return probabilities of each image's detections
   */
  static float[][][] masks(NDArray logits, List<int[]> labels) {
    Shape shape = logits.getShape();
    int pixels = Math.toIntExact(shape.get(1) * shape.get(2));
    int classes = Math.toIntExact(shape.get(3));
    float[] all = logits.toFloatArray();
    float[][][] masks = new float[labels.size()][][];
    int first = 0;
    for (int image = 0; image < masks.length; image++) {
      int[] of = labels.get(image);
      masks[image] = new float[of.length][pixels];
      for (int i = 0; i < of.length; i++) {
        for (int p = 0; p < pixels; p++) {
          masks[image][i][p] =
              DenseOutputs.sigmoid(all[((first + i) * pixels + p) * classes + of[i]]);
        }
      }
      first += of.length;
    }
    return masks;
  }
}
