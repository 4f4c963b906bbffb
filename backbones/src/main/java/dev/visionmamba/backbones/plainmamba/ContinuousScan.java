package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.ScanMove;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import java.util.List;

/**
 * How maps of one size are walked (continuous 2-D scanning, arXiv:2403.17695), and the moves that
 * direction-aware updating is told. With K directions over L tokens:
 *
 * @param paths the K walks, each from neighbour to neighbour
 * @param raster the order in which tokens lie, in which delta, B and C are read
 * @param moves (L*K, 5): row t*K + k has a one at the code of the move that leads walk k to its
 *     step t, so that a product with the learned vectors looks them up
 */
record ContinuousScan(List<ScanPath> paths, ScanPath raster, NDArray moves)
    implements AutoCloseable {
  static final int DIRECTIONS = 4;
  static final int MOVES = ScanMove.values().length;

  /** The walks of a map (B, H, W, C); the moves are of its type, where it is. */
  static ContinuousScan of(NDArray map) {
    int height = Math.toIntExact(map.getShape().get(1));
    int width = Math.toIntExact(map.getShape().get(2));
    List<ScanPath> paths = ScanStrategies.CONTINUOUS.paths(height, width);
    float[] moves = new float[height * width * DIRECTIONS * MOVES];
    for (int k = 0; k < DIRECTIONS; k++) {
      int[] codes = ScanMove.codes(paths.get(k), width);
      for (int t = 0; t < codes.length; t++) {
        moves[(t * DIRECTIONS + k) * MOVES + codes[t]] = 1f;
      }
    }
    Shape shape = new Shape((long) height * width * DIRECTIONS, MOVES);
    try (NDArray values = map.getManager().create(moves, shape);
        NDArray typed = values.toType(map.getDataType(), false)) {
      // A copy in libtorch's own memory: autograd saves it, and Java's may be collected before.
      return new ContinuousScan(paths, ScanPath.raster(height * width), typed.duplicate());
    }
  }

  @Override
  public void close() {
    moves.close();
  }
}
