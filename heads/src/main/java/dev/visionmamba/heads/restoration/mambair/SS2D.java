package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.layers.DirectionalScan;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.Columns;
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
    Shape shape = map.getShape();
    int height = Math.toIntExact(shape.get(1));
    int width = Math.toIntExact(shape.get(2));
    Shape tokens = new Shape(shape.get(0), (long) height * width, 2L * inner);
    NDArray xz = Tape.cut(inProj.forward(store, map, training).reshape(tokens)); // (B, L, 2D)
    NDArray y = Scopes.run(() -> scanned(store, xz, height, width, training)); // (B, L, D)
    return outProj.forward(store, y.reshape(shape.get(0), height, width, inner), training);
  }

  /** norm(scan(SiLU(convolution of x))) * SiLU(z): (B, L, 2D) to (B, L, D). */
  private NDArray scanned(
      ParameterStore store, NDArray xz, int height, int width, boolean training) {
    Columns x = new Columns(xz, 0, inner);
    Columns z = new Columns(xz, inner, 2 * inner);
    NDArray u = Tape.cut(conv2d.forwardSilu(store, x, height, width, training)); // (B, L, D)
    NDArray projected = Tape.cut(scan.project(store, u, training)); // (B, L, K*(R + 2N))
    List<ScanPath> paths = ScanStrategies.CROSS.paths(height, width);
    NDArray y = scan.forward(store, u, projected, paths, null, training);
    return outNorm.forward(store, y, z, training);
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
