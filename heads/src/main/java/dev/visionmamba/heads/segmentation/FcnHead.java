package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;
import java.util.List;

/**
 * A fully convolutional head (Long et al. 2015, arXiv:1411.4038) over one of the maps: some 3x3
 * convolutions with batch norm and ReLU. UPerNet's networks train one beside their own head; it is
 * not used in prediction. Parameters: {@code convs.i} and, where the map itself is joined to their
 * result, {@code conv_cat}.
 */
public final class FcnHead extends DecodeHead {
  private static final Geometry SMOOTH = Geometry.dense(3, 1, 1);

  private final int index;
  private final NamedBlocks<ConvModule> convolutions;

  /** Reads the map and the convolutions' result; null if the map is not joined. */
  private final ConvModule joint;

  /**
   * A head with uninitialised parameters.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first
   * @param index the map that is read, counted from 0; 2 with VMamba and Vim as published, 3 with
   *     PlainMamba
   * @param channels of every convolution; 256 as published
   * @param convolutions how many, at least 1; 1 as published
   * @param joinsInput whether the map is joined to the convolutions' result and passes another one;
   *     not as published
   * @param classes how many classes
   * @param dropout the probability that a training step drops a channel before the last layer; 0.1
   *     as published
   * @throws IllegalArgumentException if a number is out of range
   */
  public FcnHead(
      List<LevelShape> inputs,
      int index,
      int channels,
      int convolutions,
      boolean joinsInput,
      int classes,
      float dropout) {
    super(inputs, channels, classes, dropout);
    if (index < 0 || index >= inputs.size() || convolutions < 1) {
      throw new IllegalArgumentException(
          String.format(
              "in_index must be one of %d maps and num_convs at least 1, got %d and %d",
              inputs.size(), index, convolutions));
    }
    this.index = index;
    this.convolutions = child("convs", new NamedBlocks<>());
    int in = inputs.get(index).channels();
    for (int i = 0; i < convolutions; i++) {
      this.convolutions.add(new ConvModule(i == 0 ? in : channels, channels, SMOOTH, true, true));
    }
    this.joint =
        joinsInput
            ? child("conv_cat", new ConvModule(in + channels, channels, SMOOTH, true, true))
            : null;
  }

  @Override
  protected NDArray features(
      ParameterStore store, List<NDArray> maps, boolean training, Probe probe) {
    NDArray map = maps.get(index);
    NDArray y = convolutions.forward(store, map, training);
    if (joint == null) {
      return y;
    }
    return joint.forward(store, NDArrays.concat(new NDList(map, y), 3), training);
  }

  @Override
  protected long featureMultiplyAdds(Shape[] inputShapes) {
    long height = inputShapes[index].get(2);
    long width = inputShapes[index].get(3);
    long cost = joint == null ? 0 : joint.multiplyAdds(height, width);
    for (ConvModule convolution : convolutions.list()) {
      cost += convolution.multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  protected int finestInput() {
    return index;
  }
}
