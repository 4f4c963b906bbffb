package dev.visionmamba.heads.neck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.heads.layers.ConvModule;
import dev.visionmamba.heads.layers.Resize;
import java.util.List;

/** What feature pyramid networks have in common. */
final class TopDown {
  private TopDown() {}

  /** A convolution without activation, started by Glorot and Bengio's rule. */
  static ConvModule convolution(int in, int out, Geometry geometry, boolean norm) {
    int area = geometry.kernel() * geometry.kernel();
    Initializer xavier = Initializers.uniform(Math.sqrt(6.0 / ((double) (in + out) * area)));
    return new ConvModule(in, out, geometry, norm, false, xavier);
  }

  /** Adds to each map the coarser ones, resized by nearest neighbours; in place in the list. */
  static void merge(List<NDArray> laterals) {
    for (int i = laterals.size() - 1; i > 0; i--) {
      NDArray finer = laterals.get(i - 1); // (B, H, W, C)
      Shape size = finer.getShape();
      try (NDArray coarser = Resize.nearest(laterals.get(i), size.get(1), size.get(2))) {
        laterals.set(i - 1, finer.add(coarser));
      }
    }
  }

  /** Every second row and column, starting with the first: half the size, rounded up. */
  static NDArray everySecond(NDArray map) {
    return map.get(":, ::2, ::2");
  }

  /** The size of {@link #everySecond}, and of a convolution by 3x3 pixels in steps of two. */
  static Shape half(Shape size) {
    return new Shape((size.get(0) + 1) / 2, (size.get(1) + 1) / 2);
  }
}
