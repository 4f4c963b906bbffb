package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;

/** The network that proposes regions, with two convolutions; named as in detectron2. */
final class CascadeRpnHead extends DenseHead {
  private static final float DEVIATION = 0.01f;
  private static final int CONVOLUTIONS = 2;

  private final int anchors;
  private final Trunk trunk;
  private final Conv2d classification;
  private final Conv2d regression;

  /** The convolutions under their common name. */
  private static final class Trunk extends NamedBlock {
    private final List<Conv2d> convolutions = new ArrayList<>();

    Trunk(int channels) {
      for (int i = 0; i < CONVOLUTIONS; i++) {
        convolutions.add(
            child("conv" + i, Starts.convolution(channels, channels, Starts.AROUND, DEVIATION, 0)));
      }
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray y = x;
      for (Conv2d convolution : convolutions) {
        y = Activation.relu(convolution.forward(store, y, training));
      }
      return y;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }

  CascadeRpnHead(int channels, int anchors) {
    this.anchors = anchors;
    this.trunk = child("conv", new Trunk(channels));
    this.classification =
        child(
            "objectness_logits", Starts.convolution(channels, anchors, Starts.PIXEL, DEVIATION, 0));
    this.regression =
        child(
            "anchor_deltas", Starts.convolution(channels, 4 * anchors, Starts.PIXEL, DEVIATION, 0));
  }

  @Override
  LevelPrediction predict(ParameterStore store, NDArray map, boolean training) {
    NDArray hidden = trunk.forward(store, map, training);
    return new LevelPrediction(
        classification.forward(store, hidden, training),
        regression.forward(store, hidden, training));
  }

  @Override
  long multiplyAdds(long height, long width) {
    long cost = classification.multiplyAdds(height, width) + regression.multiplyAdds(height, width);
    for (Conv2d convolution : trunk.convolutions) {
      cost += convolution.multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  int outputs() {
    return 5 * anchors;
  }
}
