package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.ConvNormStack;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.List;
import java.util.stream.Stream;

/**
 * The stem: a convolution to half the image's sides, some more, and the embedding of patches of
 * what they give. Images of any size; at the right and the bottom, zeros fill up the last patches.
 */
final class ConvPatchEmbed extends NamedBlock {
  /** Channels before the patches, in every variant. */
  private static final int WIDTH = 64;

  private final ConvNormStack stem;
  private final ConvNormStack convs;
  private final Conv2d projection;
  private final int side; // of a patch at half the resolution

  ConvPatchEmbed(PlainMambaConfig config) {
    side = config.patchSize() / 2;
    stem =
        child(
            "stem",
            new ConvNormStack(
                Activation::relu,
                List.of(
                    Conv2d.standard(config.channels(), WIDTH, Geometry.dense(7, 2, 3), false))));
    convs =
        child(
            "convs",
            new ConvNormStack(
                Activation::relu,
                Stream.generate(() -> Conv2d.standard(WIDTH, WIDTH, Geometry.dense(3, 1, 1), false))
                    .limit(config.stemConvolutions())
                    .toList()));
    projection =
        child(
            "projection",
            Conv2d.standard(WIDTH, config.embedDims(), Geometry.dense(side, side, 0), true));
  }

  /** (B, H, W, in) to (B, patches(H), patches(W), C). */
  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    try (NDArray half = stem.forward(store, images, training); // (B, H/2, W/2, 64), rounded up
        NDArray refined = convs.forward(store, half, training);
        NDArray tall = padded(refined, 1);
        NDArray whole = padded(tall, 2)) {
      return projection.forward(store, whole, training);
    }
  }

  /** Zeros at the end of an axis, up to whole patches. */
  private NDArray padded(NDArray map, int axis) {
    long[] shape = map.getShape().getShape().clone();
    shape[axis] = Math.floorMod(-shape[axis], (long) side);
    if (shape[axis] == 0) {
      return map;
    }
    try (NDArray zeros = map.getManager().zeros(new Shape(shape), map.getDataType())) {
      return map.concat(zeros, axis);
    }
  }

  /** How many patches lie along a side, the last perhaps in part outside the image. */
  int patches(long pixels) {
    return Math.toIntExact((stem.outputSide(pixels) + side - 1) / side);
  }

  long multiplyAdds(long height, long width) {
    return stem.multiplyAdds(height, width)
        + convs.multiplyAdds(stem.outputSide(height), stem.outputSide(width))
        + projection.multiplyAdds((long) patches(height) * side, (long) patches(width) * side);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    Shape whole =
        new Shape(
            x.get(0), (long) patches(x.get(1)) * side, (long) patches(x.get(2)) * side, WIDTH);
    return projection.getOutputShapes(new Shape[] {whole});
  }
}
