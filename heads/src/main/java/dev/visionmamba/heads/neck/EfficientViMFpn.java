package dev.visionmamba.heads.neck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;
import java.util.ArrayList;
import java.util.List;

/**
 * The neck of EfficientViM's detectors (Lee et al. 2025, arXiv:2411.15241): a {@linkplain Fpn
 * feature pyramid network} over maps that are normalised first, extended to finer levels by
 * transposed convolutions, since the backbone's finest stride is 16. Parameters: {@code
 * lateral_convs}, {@code fpn_convs}, the norms {@code batch_norm}, which are layer norms, {@code
 * extra_trans_convs} in the order in which they run, and {@code extra_fpn_convs} from the finest
 * level on.
 */
public final class EfficientViMFpn extends Neck {
  private static final float EPSILON = 1e-5f;
  private static final Geometry PIXEL = Geometry.dense(1, 1, 0);
  private static final Geometry SMOOTH = Geometry.dense(3, 1, 1);

  private final int channels;
  private final int finer;
  private final int pooled;
  private final NamedBlocks<ConvModule> laterals;
  private final NamedBlocks<ConvModule> smooths;
  private final NamedBlocks<LayerNorm> norms;
  private final NamedBlocks<Transposed> ups;
  private final NamedBlocks<ConvModule> finerSmooths;

  /** A transposed convolution named as OpenMMLab's module around it is. */
  private static final class Transposed extends NamedBlock {
    private final ConvTranspose2x2 convolution;

    Transposed(int channels) {
      this.convolution = child("conv", new ConvTranspose2x2(channels, channels));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return convolution.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return convolution.getOutputShapes(inputShapes);
    }
  }

  /**
   * A neck with uninitialised parameters.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first
   * @param channels of every level; 256 as published
   * @param finer how many levels finer than the finest map, each at half the stride before; 2 for
   *     Mask R-CNN and 1 for RetinaNet as published
   * @param numOuts how many levels come out; 5 as published. Those beyond the maps are pooled
   * @throws IllegalArgumentException if a number is too small, or the finest stride cannot be
   *     halved so often
   */
  public EfficientViMFpn(List<LevelShape> inputs, int channels, int finer, int numOuts) {
    super(inputs);
    this.channels = channels;
    this.finer = finer;
    this.pooled = numOuts - finer - inputs.size();
    int stride = inputs.get(0).stride();
    if (channels < 1 || finer < 0 || pooled < 0 || stride % (1L << Math.min(finer, 32)) != 0) {
      throw new IllegalArgumentException(
          String.format(
              "%d levels of %d channels cannot be made of %d maps and %d levels finer than stride"
                  + " %d",
              numOuts, channels, inputs.size(), finer, stride));
    }
    this.laterals = child("lateral_convs", new NamedBlocks<>());
    this.smooths = child("fpn_convs", new NamedBlocks<>());
    this.norms = child("batch_norm", new NamedBlocks<>());
    this.ups = child("extra_trans_convs", new NamedBlocks<>());
    this.finerSmooths = child("extra_fpn_convs", new NamedBlocks<>());
    for (LevelShape input : inputs) {
      int in = input.channels();
      laterals.add(TopDown.convolution(in, channels, PIXEL, false));
      smooths.add(TopDown.convolution(channels, channels, SMOOTH, false));
      norms.add(new LayerNorm(in, EPSILON, new Shape(1, in, 1, 1)));
    }
    for (int i = 0; i < finer; i++) {
      ups.add(new Transposed(channels));
      finerSmooths.add(TopDown.convolution(channels, channels, SMOOTH, false));
    }
  }

  @Override
  protected List<NDArray> merge(ParameterStore store, List<NDArray> maps, boolean training) {
    List<NDArray> merged = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      NDArray normalized = norms.list().get(i).forward(store, maps.get(i), training);
      merged.add(laterals.list().get(i).forward(store, normalized, training));
    }
    TopDown.merge(merged);
    List<NDArray> finerMaps = new ArrayList<>(); // the finest first
    NDArray last = merged.get(0);
    for (Transposed up : ups.list()) {
      last = up.forward(store, last, training);
      finerMaps.add(0, last);
    }
    List<NDArray> levels = new ArrayList<>();
    for (int i = 0; i < finer; i++) {
      levels.add(finerSmooths.list().get(i).forward(store, finerMaps.get(i), training));
    }
    for (int i = 0; i < merged.size(); i++) {
      levels.add(smooths.list().get(i).forward(store, merged.get(i), training));
    }
    for (int i = 0; i < pooled; i++) {
      levels.add(TopDown.everySecond(levels.get(levels.size() - 1)));
    }
    return levels;
  }

  @Override
  public List<LevelShape> levels() {
    List<LevelShape> levels = new ArrayList<>();
    int finest = inputs().get(0).stride();
    for (int i = finer; i > 0; i--) {
      levels.add(new LevelShape(channels, finest >> i));
    }
    inputs().forEach(input -> levels.add(new LevelShape(channels, input.stride())));
    for (int i = 0; i < pooled; i++) {
      levels.add(new LevelShape(channels, 2 * levels.get(levels.size() - 1).stride()));
    }
    return levels;
  }

  @Override
  public long multiplyAdds(Shape[] inputShapes) {
    long cost = 0;
    for (int i = 0; i < inputShapes.length; i++) {
      long height = inputShapes[i].get(2);
      long width = inputShapes[i].get(3);
      cost += laterals.list().get(i).multiplyAdds(height, width);
      cost += smooths.list().get(i).multiplyAdds(height, width);
    }
    long height = inputShapes[0].get(2);
    long width = inputShapes[0].get(3);
    for (int i = 0; i < finer; i++) {
      cost += ups.list().get(i).convolution.multiplyAdds(height, width);
      height *= 2;
      width *= 2;
      cost += finerSmooths.list().get(i).multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape level = new Shape(inputShapes[0].get(0), channels);
    List<Shape> sizes = new ArrayList<>();
    for (int i = finer; i > 0; i--) {
      sizes.add(new Shape(inputShapes[0].get(2) << i, inputShapes[0].get(3) << i));
    }
    for (Shape input : inputShapes) {
      sizes.add(input.slice(2));
    }
    for (int i = 0; i < pooled; i++) {
      sizes.add(TopDown.half(sizes.get(sizes.size() - 1)));
    }
    return sizes.stream().map(level::addAll).toArray(Shape[]::new);
  }
}
