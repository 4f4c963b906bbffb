package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;
import dev.visionmamba.heads.layers.Resize;
import java.util.ArrayList;
import java.util.List;

/**
 * UPerNet's head (Xiao et al. 2018, arXiv:1807.10221): the coarsest map passes a pyramid pooling
 * module (Zhao et al. 2017, arXiv:1612.01105), a feature pyramid goes down from there, and all
 * levels are joined at the size of the finest. Every convolution has a batch norm and ReLU.
 * Parameters: {@code psp_modules.k.1} for the k-th pooled size, {@code bottleneck}, {@code
 * lateral_convs.i}, {@code fpn_convs.i}, {@code fpn_bottleneck}.
 */
public final class UPerHead extends DecodeHead {
  private static final Geometry PIXEL = Geometry.dense(1, 1, 0);
  private static final Geometry SMOOTH = Geometry.dense(3, 1, 1);

  /** The sides to which the pyramid pooling module averages the coarsest map. */
  private static final List<Integer> POOL_SCALES = List.of(1, 2, 3, 6);

  private final NamedBlocks<Pooled> pooled;
  private final ConvModule bottleneck;
  private final NamedBlocks<ConvModule> laterals;
  private final NamedBlocks<ConvModule> smooths;
  private final ConvModule joint;

  /** One size of the pyramid pooling module; its pooling counts as the first layer. */
  private static final class Pooled extends NamedBlock {
    private final int side;
    private final ConvModule convolution;

    Pooled(int side, int in, int out) {
      this.side = side;
      this.convolution = child("1", new ConvModule(in, out, PIXEL, true, true));
    }

    /** (B, H, W, in) to (B, H, W, out). */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      Shape shape = x.getShape();
      try (NDArray means = Resize.adaptiveAverage(x, side, side);
          NDArray y = convolution.forward(store, means, training)) {
        return Resize.bilinear(y, shape.get(1), shape.get(2));
      }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      throw new UnsupportedOperationException("ask the head for its output's shapes");
    }
  }

  /**
   * A head with uninitialised parameters.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first, at least
   *     two; four as published
   * @param channels of every level; 512 as published with VMamba and PlainMamba, the backbone's
   *     with Vim
   * @param classes how many classes
   * @param dropout the probability that a training step drops a channel before the last layer; 0.1
   *     as published
   * @throws IllegalArgumentException if a number is out of range, or there are too few maps
   */
  public UPerHead(List<LevelShape> inputs, int channels, int classes, float dropout) {
    super(inputs, channels, classes, dropout);
    if (inputs.size() < 2) {
      throw new IllegalArgumentException("UPerNet's head needs at least two maps, got " + inputs);
    }
    int last = inputs.get(inputs.size() - 1).channels();
    this.pooled = child("psp_modules", new NamedBlocks<>());
    for (int side : POOL_SCALES) {
      pooled.add(new Pooled(side, last, channels));
    }
    int joined = last + POOL_SCALES.size() * channels;
    this.bottleneck = child("bottleneck", new ConvModule(joined, channels, SMOOTH, true, true));
    this.laterals = child("lateral_convs", new NamedBlocks<>());
    this.smooths = child("fpn_convs", new NamedBlocks<>());
    for (LevelShape input : inputs.subList(0, inputs.size() - 1)) {
      laterals.add(new ConvModule(input.channels(), channels, PIXEL, true, true));
      smooths.add(new ConvModule(channels, channels, SMOOTH, true, true));
    }
    this.joint =
        child(
            "fpn_bottleneck",
            new ConvModule(inputs.size() * channels, channels, SMOOTH, true, true));
  }

  /**
   * All levels joined, at the size of the finest.
   *
   * @param probe sees {@code psp}, the result of the pyramid pooling module
   */
  @Override
  protected NDArray features(
      ParameterStore store, List<NDArray> maps, boolean training, Probe probe) {
    int coarsest = maps.size() - 1;
    NDArray context = pooledPyramid(store, maps.get(coarsest), training);
    Maps.channelFirst(probe).see("psp", context);
    List<NDArray> merged = new ArrayList<>();
    for (int i = 0; i < coarsest; i++) {
      merged.add(laterals.list().get(i).forward(store, maps.get(i), training));
    }
    merged.add(context);
    for (int i = coarsest; i > 0; i--) {
      try (NDArray finer = merged.get(i - 1);
          NDArray coarser = resized(merged.get(i), finer)) {
        merged.set(i - 1, finer.add(coarser));
      }
    }
    NDList levels = new NDList();
    for (int i = 0; i < coarsest; i++) {
      try (NDArray map = merged.get(i);
          NDArray smooth = smooths.list().get(i).forward(store, map, training)) {
        levels.add(resized(smooth, i == 0 ? smooth : levels.head()));
      }
    }
    levels.add(resized(context, levels.head()));
    try (NDArray all = NDArrays.concat(levels, 3)) {
      levels.close();
      return joint.forward(store, all, training);
    }
  }

  /** The coarsest map beside its means over ever smaller regions: (B, h, w, channels). */
  private NDArray pooledPyramid(ParameterStore store, NDArray map, boolean training) {
    NDList all = new NDList(map);
    for (Pooled means : pooled.list()) {
      all.add(means.forward(store, map, training));
    }
    return bottleneck.forward(store, NDArrays.concat(all, 3), training);
  }

  private static NDArray resized(NDArray map, NDArray like) {
    return Resize.bilinear(map, like.getShape().get(1), like.getShape().get(2));
  }

  @Override
  protected long featureMultiplyAdds(Shape[] inputShapes) {
    int coarsest = inputShapes.length - 1;
    long cost = 0;
    for (Pooled means : pooled.list()) {
      cost += means.convolution.multiplyAdds(means.side, means.side);
    }
    cost += bottleneck.multiplyAdds(inputShapes[coarsest].get(2), inputShapes[coarsest].get(3));
    for (int i = 0; i < coarsest; i++) {
      long height = inputShapes[i].get(2);
      long width = inputShapes[i].get(3);
      cost += laterals.list().get(i).multiplyAdds(height, width);
      cost += smooths.list().get(i).multiplyAdds(height, width);
    }
    return cost + joint.multiplyAdds(inputShapes[0].get(2), inputShapes[0].get(3));
  }
}
