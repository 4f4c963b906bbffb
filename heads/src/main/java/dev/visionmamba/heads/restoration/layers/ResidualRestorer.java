package dev.visionmamba.heads.restoration.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.scans.autograd.Tape;

/**
 * The frame that SwinIR (arXiv:2108.10257, section 3.1) has given to its successors: shallow
 * features by a convolution, residual groups, a convolution and a skip over them all, and a
 * reconstruction.
 */
public abstract class ResidualRestorer extends Restorer {
  private static final float EPSILON = 1e-5f;

  /** Of DIV2K's images, red, green, blue. */
  private static final float[] MEAN = {0.4488f, 0.4371f, 0.4040f};

  private final RestorerShape shape;
  private final Conv2d convFirst;
  private final LayerNorm patchNorm;
  private final LayerNorm norm;
  private final ResidualConvolution convAfterBody;
  private final Reconstruction reconstruction;

  /**
   * For subclasses.
   *
   * @param shape of the frame
   * @param layers the groups, which {@link #deepFeatures} runs
   */
  protected ResidualRestorer(RestorerShape shape, NamedBlock layers) {
    this.shape = shape;
    int embedDim = shape.embedDim();
    this.convFirst =
        child(
            "conv_first",
            Conv2d.standard(shape.channels(), embedDim, Geometry.dense(3, 1, 1), true));
    this.patchNorm = child("patch_embed.norm", new LayerNorm(embedDim, EPSILON));
    child("layers", layers);
    this.norm = child("norm", new LayerNorm(embedDim, EPSILON));
    this.convAfterBody =
        new ResidualConvolution(
            shape.residualConnection(), embedDim, "conv_after_body", this::child);
    this.reconstruction = Reconstruction.of(shape, this::child);
  }

  /**
   * The groups.
   *
   * @param store the parameter store
   * @param x (B, H, W, C), its sides multiples of {@link #sizeMultiple()}
   * @param training whether gradients are recorded; if not, x may be closed on the way
   * @return of the same shape
   */
  protected abstract NDArray deepFeatures(ParameterStore store, NDArray x, boolean training);

  /**
   * What the groups cost.
   *
   * @param height of the map, a multiple of {@link #sizeMultiple()}
   * @param width of the map, likewise
   * @return multiply-adds
   */
  protected abstract long deepMultiplyAdds(long height, long width);

  @Override
  protected final NDArray restore(ParameterStore store, NDArray images, boolean training) {
    long height = images.getShape().get(2);
    long width = images.getShape().get(3);
    NDArray pixels = Tape.cut(pixels(images));
    NDArray shallow =
        Tape.cut(Casts.toSingle(convFirst.forward(store, pixels, training))); // (B, H, W, C)
    NDArray deep = deepFeatures(store, patchNorm.forward(store, shallow, training), training);
    NDArray normed = norm.forward(store, deep, training);
    Scopes.release(training, deep);
    NDArray body = Casts.toSingle(convAfterBody.forward(store, normed, training));
    Scopes.release(training, normed);
    NDArray features = training ? body.add(shallow) : body.addi(shallow);
    Scopes.release(training, shallow);
    NDArray restored = Casts.toSingle(reconstruction.forward(store, features, pixels, training));
    Scopes.release(training, features);
    Scopes.release(training, pixels);
    NDArray output = images(restored, shape.scale() * height, shape.scale() * width);
    Scopes.release(training, restored);
    return output;
  }

  /** (x - mean) * range of padded images, channel-last. */
  private NDArray pixels(NDArray images) {
    Shape s = images.getShape();
    int multiple = sizeMultiple();
    NDArray padded =
        Padding.symmetric(
            images, Padding.roundUp(s.get(2), multiple), Padding.roundUp(s.get(3), multiple));
    try (NDArray map = Maps.channelLast(padded, shape.channels());
        NDArray mean = mean(map);
        NDArray range = range(map);
        NDArray centred = map.sub(mean)) {
      return centred.mul(range);
    } finally {
      if (padded != images) {
        padded.close();
      }
    }
  }

  /** x / range + mean, cut to a size, as images. */
  private NDArray images(NDArray map, long height, long width) {
    try (NDArray mean = mean(map);
        NDArray range = range(map);
        NDArray cut = map.get(":, :" + height + ", :" + width);
        NDArray unit = cut.div(range);
        NDArray moved = unit.add(mean)) {
      return Pixels.channelFirst(moved);
    }
  }

  /** (channels), or (1) where nothing is taken off. */
  private NDArray mean(NDArray like) {
    float[] values = shape.channels() == MEAN.length ? MEAN : new float[1];
    try (NDArray mean = like.getManager().create(values);
        NDArray typed = mean.toType(like.getDataType(), false)) {
      return typed.duplicate(); // in libtorch's own memory: Java's may be collected before its use
    }
  }

  /** In libtorch's own memory: autograd saves it, and Java's may be collected before. */
  private NDArray range(NDArray like) {
    return like.getManager().full(new Shape(1), (float) shape.imageRange(), like.getDataType());
  }

  /**
   * The frame's shape.
   *
   * @return it
   */
  public final RestorerShape shape() {
    return shape;
  }

  @Override
  public final int scale() {
    return shape.scale();
  }

  @Override
  public final int channels() {
    return shape.channels();
  }

  @Override
  public final long multiplyAdds(int height, int width) {
    long h = Padding.roundUp(height, sizeMultiple());
    long w = Padding.roundUp(width, sizeMultiple());
    return convFirst.multiplyAdds(h, w)
        + deepMultiplyAdds(h, w)
        + convAfterBody.multiplyAdds(h, w)
        + reconstruction.multiplyAdds(h, w);
  }
}
