package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;

/**
 * The network that proposes regions (Ren et al. 2015, arXiv:1506.01497, section 3.1): at every
 * place whether each anchor holds an object, and the way from it to the object's box. Named as in
 * mmdetection.
 */
final class RpnHead extends DenseHead {
  private static final float DEVIATION = 0.01f;

  private final int anchors;
  private final Conv2d convolution;
  private final Conv2d classification;
  private final Conv2d regression;

  RpnHead(int channels, int anchors) {
    this.anchors = anchors;
    this.convolution =
        child("rpn_conv", Starts.convolution(channels, channels, Starts.AROUND, DEVIATION, 0));
    this.classification =
        child("rpn_cls", Starts.convolution(channels, anchors, Starts.PIXEL, DEVIATION, 0));
    this.regression =
        child("rpn_reg", Starts.convolution(channels, 4 * anchors, Starts.PIXEL, DEVIATION, 0));
  }

  @Override
  LevelPrediction predict(ParameterStore store, NDArray map, boolean training) {
    try (NDArray convolved = convolution.forward(store, map, training);
        NDArray hidden = Activation.relu(convolved)) {
      return new LevelPrediction(
          classification.forward(store, hidden, training),
          regression.forward(store, hidden, training));
    }
  }

  @Override
  long multiplyAdds(long height, long width) {
    return convolution.multiplyAdds(height, width)
        + classification.multiplyAdds(height, width)
        + regression.multiplyAdds(height, width);
  }

  @Override
  int outputs() {
    return 5 * anchors;
  }
}
