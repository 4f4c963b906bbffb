package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;

/**
 * The masks of a region, one for each class, on twice as many pixels a side as its features (He et
 * al. 2017, arXiv:1703.06870, figure 4); named as in mmdetection.
 */
final class MaskHead extends NamedBlock {
  private final int classes;
  private final NamedBlocks<ConvModule> convolutions;
  private final ConvTranspose2x2 upsampling;
  private final Conv2d logits;

  MaskHead(int in, int channels, int count, int classes) {
    this.classes = classes;
    this.convolutions = child("convs", new NamedBlocks<>());
    for (int i = 0; i < count; i++) {
      convolutions.add(
          new ConvModule(i == 0 ? in : channels, channels, Starts.AROUND, false, true));
    }
    this.upsampling = child("upsample", new ConvTranspose2x2(channels, channels));
    this.logits =
        child(
            "conv_logits",
            new Conv2d(
                channels,
                classes,
                Starts.PIXEL,
                Starts.heNormal(classes, Starts.PIXEL),
                Initializers.constant(0f)));
  }

  /** (n, side, side, C) to (n, 2 side, 2 side, classes). */
  @Override
  public NDArray forward(ParameterStore store, NDArray features, boolean training) {
    NDArray convolved = convolutions.forward(store, features, training);
    NDArray larger = Activation.relu(upsampling.forward(store, convolved, training));
    return Casts.single(logits.forward(store, larger, training));
  }

  /** What a region costs, by the side of its features. */
  long multiplyAdds(long side) {
    long cost = upsampling.multiplyAdds(side, side) + logits.multiplyAdds(2 * side, 2 * side);
    for (ConvModule convolution : convolutions.list()) {
      cost += convolution.multiplyAdds(side, side);
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {new Shape(x.get(0), 2 * x.get(1), 2 * x.get(2), classes)};
  }
}
