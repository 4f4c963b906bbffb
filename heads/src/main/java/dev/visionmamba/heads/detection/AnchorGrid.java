package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.assign.AnchorFlags;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.RescaleSize;
import java.util.List;

/** The N anchors of an image, level after level, and what is predicted at them. */
final class AnchorGrid {
  private final List<LevelPrediction> predictions;
  private final List<Anchors> anchors;
  private final int[] heights;
  private final int[] widths;
  private final float[] boxes;

  /**
   * The anchors of a batch's images, which are all the same.
   *
   * @param predictions of each level
   * @param anchors of each level
   */
  AnchorGrid(List<LevelPrediction> predictions, List<Anchors> anchors) {
    this.predictions = predictions;
    this.anchors = anchors;
    this.heights = new int[anchors.size()];
    this.widths = new int[anchors.size()];
    float[][] grids = new float[anchors.size()][];
    int floats = 0;
    for (int i = 0; i < grids.length; i++) {
      Shape shape = predictions.get(i).scores().getShape(); // (B, H, W, A x K)
      heights[i] = Math.toIntExact(shape.get(1));
      widths[i] = Math.toIntExact(shape.get(2));
      grids[i] = anchors.get(i).grid(heights[i], widths[i]);
      floats += grids[i].length;
    }
    this.boxes = new float[floats];
    int at = 0;
    for (float[] grid : grids) {
      System.arraycopy(grid, 0, boxes, at, grid.length);
      at += grid.length;
    }
  }

  /** How many images there are. */
  int batch() {
    return Math.toIntExact(predictions.get(0).scores().getShape().get(0));
  }

  /** N. */
  int size() {
    return boxes.length / 4;
  }

  /** (N, 4), flat; not to be changed. */
  float[] boxes() {
    return boxes;
  }

  /**
   * Which anchors lie on an image rather than on what its batch is padded with.
   *
   * @param multiple to which the image by itself would be padded
   */
  boolean[] on(ImageFrame image, int multiple) {
    boolean[] on = new boolean[size()];
    int at = 0;
    for (int i = 0; i < heights.length; i++) {
      int stride = anchors.get(i).stride();
      boolean[] valid =
          AnchorFlags.valid(
              heights[i],
              widths[i],
              places(RescaleSize.padded(image.height(), multiple), stride, heights[i]),
              places(RescaleSize.padded(image.width(), multiple), stride, widths[i]),
              anchors.get(i).perPlace());
      System.arraycopy(valid, 0, on, at, valid.length);
      at += valid.length;
    }
    return on;
  }

  private static int places(int pixels, int stride, int most) {
    return Math.min((pixels + stride - 1) / stride, most);
  }

  /** The scores of all images: (B x N x K). */
  NDArray scores() {
    return flat(predictions.stream().map(LevelPrediction::scores).toList());
  }

  /** The deltas of all images: (B x N x 4). */
  NDArray deltas() {
    return flat(predictions.stream().map(LevelPrediction::deltas).toList());
  }

  private NDArray flat(List<NDArray> levels) {
    NDList rows = new NDList();
    levels.forEach(level -> rows.add(level.reshape(batch(), -1)));
    return (rows.size() == 1 ? rows.head() : NDArrays.concat(rows, 1)).reshape(-1);
  }
}
