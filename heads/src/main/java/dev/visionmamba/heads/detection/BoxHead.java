package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;

/**
 * The class and the box of a region, by its features; named as mmdetection's heads of shared
 * convolutions and linear layers, the outputs first as in its state dict.
 */
final class BoxHead extends NamedBlock {
  private static final float SCORE_DEVIATION = 0.01f;
  private static final float DELTA_DEVIATION = 0.001f;

  private final int classes;
  private final int side;
  private final Linear scores;
  private final Linear deltas;
  private final NamedBlocks<ConvModule> convolutions;
  private final NamedBlocks<Linear> linears;

  /** Over (n, side, side, channels). */
  BoxHead(int channels, int side, int classes, BoxHeadConfig config) {
    this.classes = classes;
    this.side = side;
    int hidden = config.linearChannels();
    this.scores = child("fc_cls", Starts.linear(hidden, classes + 1, SCORE_DEVIATION));
    this.deltas = child("fc_reg", Starts.linear(hidden, 4 * classes, DELTA_DEVIATION));
    this.convolutions = child("shared_convs", new NamedBlocks<>());
    this.linears = child("shared_fcs", new NamedBlocks<>());
    int in = channels;
    for (int i = 0; i < config.convolutions(); i++) {
      int out = config.convolutionChannels();
      convolutions.add(new ConvModule(in, out, Starts.AROUND, config.norm(), true));
      in = out;
    }
    in *= side * side;
    for (int i = 0; i < config.linears(); i++) {
      linears.add(Starts.xavier(in, hidden));
      in = hidden;
    }
  }

  /** (n, side, side, C) to classes and boxes. */
  BoxPrediction predict(ParameterStore store, NDArray features, boolean training) {
    NDArray x = flat(convolutions.forward(store, features, training));
    for (Linear linear : linears.list()) {
      x = Activation.relu(linear.forward(store, x, training));
    }
    return new BoxPrediction(
        scores.forward(store, x, training), deltas.forward(store, x, training));
  }

  /** What a region costs. */
  long multiplyAdds() {
    long cost = scores.multiplyAdds(1) + deltas.multiplyAdds(1);
    for (ConvModule convolution : convolutions.list()) {
      cost += convolution.multiplyAdds(side, side);
    }
    for (Linear linear : linears.list()) {
      cost += linear.multiplyAdds(1);
    }
    return cost;
  }

  /** (n, side, side, C) to (n, C x side x side), the order of the published weights. */
  static NDArray flat(NDArray features) {
    long count = features.getShape().get(0);
    long length = features.getShape().slice(1).size();
    return features.transpose(0, 3, 1, 2).reshape(count, length);
  }

  /** (n, side, side, C) to scores and deltas side by side. */
  @Override
  public NDArray forward(ParameterStore store, NDArray features, boolean training) {
    BoxPrediction prediction = predict(store, features, training);
    return prediction.scores().concat(prediction.deltas(), -1);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), classes + 1 + 4L * classes)};
  }
}
