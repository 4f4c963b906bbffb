package dev.visionmamba.heads.restoration.pyramid;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.Resize;
import dev.visionmamba.heads.restoration.layers.Pixels;
import dev.visionmamba.heads.restoration.layers.Scopes;

/**
 * One step up the pyramid: the deeper map at twice its size by a pixel shuffle (arXiv:1609.05158),
 * joined with what the way down has at this resolution, then residual blocks.
 */
final class Climb extends NamedBlock {
  private final int out;
  private final int skip;
  private final Linear expand;
  private final Linear fuse;
  private final NamedBlocks<ResidualBlock> blocks = new NamedBlocks<>();

  /**
   * A step.
   *
   * @param in channels of the deeper map
   * @param skip channels of the skip; 0 where there is none
   * @param out channels of the result
   * @param count how many residual blocks
   */
  Climb(int in, int skip, int out, int count) {
    this.out = out;
    this.skip = skip;
    expand = child("expand", Linear.pointwise(in, 4L * out, 2, true));
    fuse = child("fuse", Linear.pointwise((long) out + skip, out, 2, true));
    for (int i = 0; i < count; i++) {
      blocks.add(new ResidualBlock(out));
    }
    child("blocks", blocks);
  }

  /**
   * Climbs.
   *
   * @param store the parameter store
   * @param deeper (B, h, w, in); used up unless training
   * @param across (B, H, W, skip), or null where there is none; used up unless training
   * @param training whether gradients are recorded
   * @return (B, H, W, out); (B, 2h, 2w, out) without a skip
   */
  NDArray forward(ParameterStore store, NDArray deeper, NDArray across, boolean training) {
    NDArray x =
        Scopes.run(
            () -> {
              NDArray large = Pixels.shuffle(expand.forward(store, deeper, training), 2);
              if (across != null) {
                Shape size = across.getShape();
                large = Resize.bilinear(large, size.get(1), size.get(2)).concat(across, 3);
              }
              return fuse.forward(store, large, training);
            });
    Scopes.release(training, deeper);
    if (across != null) {
      Scopes.release(training, across);
    }
    for (ResidualBlock block : blocks.list()) {
      NDArray before = x;
      x = block.forward(store, before, training);
      Scopes.release(training, before);
    }
    return x;
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    return forward(store, x, null, training);
  }

  /** Of a result of this size. */
  long multiplyAdds(long height, long width) {
    long cost = expand.multiplyAdds((height + 1) / 2 * ((width + 1) / 2));
    cost += fuse.multiplyAdds(height * width);
    for (ResidualBlock block : blocks.list()) {
      cost += block.multiplyAdds(height, width);
    }
    return cost;
  }

  int skip() {
    return skip;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), 2 * x.get(1), 2 * x.get(2), out)};
  }
}
