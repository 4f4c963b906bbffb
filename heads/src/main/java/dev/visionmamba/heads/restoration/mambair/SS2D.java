package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Activations;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.layers.DirectionalScan;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import dev.visionmamba.scans.autograd.Tape;
import java.util.List;

/**
 * The 2-D selective scan of a vision state-space module (section 3.3, after VMamba,
 * arXiv:2401.10166): rows, columns and both reversed, their outputs added, then a norm, a gate and
 * a projection. With D inner channels.
 */
final class SS2D extends NamedBlock {
  private static final float EPSILON = 1e-5f;
  private static final int DIRECTIONS = 4;

  /** The halves of the first projection. */
  private static final int INPUT = 0;

  private static final int GATE = 1;

  private final int inner; // D
  private final DirectionalScan scan;
  private final Linear inProj;
  private final Conv2d conv2d;
  private final LayerNorm outNorm;
  private final Linear outProj;

  SS2D(VSSBlock.Form form) {
    int channels = form.channels();
    inner = (int) (form.expand() * channels);
    int rank = (channels + 15) / 16;
    scan = new DirectionalScan(this::parameter, DIRECTIONS, inner, form.stateSize(), rank);
    inProj = child("in_proj", linear(channels, 2L * inner, form));
    conv2d = child("conv2d", Conv2d.standard(inner, inner, Geometry.depthwise(3, 1, inner), true));
    outNorm = child("out_norm", new LayerNorm(inner, EPSILON));
    outProj = child("out_proj", linear(inner, channels, form));
  }

  private static Linear linear(long in, long out, VSSBlock.Form form) {
    Initializer weight =
        form.truncatedNormal()
            ? Initializers.truncatedNormal(0.02f)
            : Initializers.defaultUniform(in);
    return new Linear(in, out, weight, null);
  }

  /** (B, H, W, C) to the same shape, in the scope of the caller. */
  @Override
  public NDArray forward(ParameterStore store, NDArray map, boolean training) {
    NDArray x = Tape.cut(map);
    NDArray y = Scopes.run(() -> scanned(store, x, training));
    NDArray gate = Activations.silu(project(store, x, GATE, training));
    NDArray gated = training ? y.mul(gate) : y.muli(gate);
    return outProj.forward(store, gated, training);
  }

  /** Half the first projection: the gate's is not needed before the scan is over. */
  private NDArray project(ParameterStore store, NDArray x, int half, boolean training) {
    try (NDList halves = value(store, inProj.weight(), x, training).split(2)) {
      return Linear.apply(x, halves.get(half), null);
    }
  }

  /** The scan of one half and the norm after it: (B, H, W, C) to (B, H, W, D). */
  private NDArray scanned(ParameterStore store, NDArray x, boolean training) {
    Shape shape = x.getShape();
    int height = Math.toIntExact(shape.get(1));
    int width = Math.toIntExact(shape.get(2));
    NDArray convolved =
        Scopes.run(
            () ->
                Activations.silu(
                    conv2d.forward(store, project(store, x, INPUT, training), training)));
    NDArray u = Tape.cut(convolved.reshape(shape.get(0), (long) height * width, inner));
    NDArray projected = Tape.cut(scan.project(store, u, training)); // (B, L, K*(R + 2N))
    List<ScanPath> paths = ScanStrategies.CROSS.paths(height, width);
    NDArray y = scan.forward(store, u, projected, paths, null, training);
    NDArray map = y.reshape(shape.get(0), height, width, inner);
    return outNorm.forward(store, map, training);
  }

  long multiplyAdds(long height, long width) {
    long positions = height * width;
    return inProj.multiplyAdds(positions)
        + conv2d.multiplyAdds(height, width)
        + scan.multiplyAdds(positions)
        + outProj.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
