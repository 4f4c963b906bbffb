package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;

/** The two subnetworks of RetinaNet, shared by all levels; named as in mmdetection. */
final class RetinaHead extends DenseHead {
  private static final float DEVIATION = 0.01f;

  /** How likely an object is at first, so that the many empty places do not drown the others. */
  private static final double PRIOR = 0.01;

  private final int anchors;
  private final int classes;
  private final NamedBlocks<ConvModule> classConvolutions;
  private final NamedBlocks<ConvModule> boxConvolutions;
  private final Conv2d classification;
  private final Conv2d regression;

  RetinaHead(int channels, int convolutions, int anchors, int classes) {
    this.anchors = anchors;
    this.classes = classes;
    this.classConvolutions = child("cls_convs", new NamedBlocks<>());
    this.boxConvolutions = child("reg_convs", new NamedBlocks<>());
    for (int i = 0; i < convolutions; i++) {
      classConvolutions.add(module(channels));
      boxConvolutions.add(module(channels));
    }
    float bias = (float) -Math.log((1 - PRIOR) / PRIOR);
    this.classification =
        child(
            "retina_cls",
            Starts.convolution(channels, anchors * classes, Starts.AROUND, DEVIATION, bias));
    this.regression =
        child("retina_reg", Starts.convolution(channels, 4 * anchors, Starts.AROUND, DEVIATION, 0));
  }

  private static ConvModule module(int channels) {
    return new ConvModule(channels, channels, Starts.AROUND, false, true, Starts.normal(DEVIATION));
  }

  @Override
  LevelPrediction predict(ParameterStore store, NDArray map, boolean training) {
    NDArray classed = classConvolutions.forward(store, map, training);
    NDArray boxed = boxConvolutions.forward(store, map, training);
    return new LevelPrediction(
        classification.forward(store, classed, training),
        regression.forward(store, boxed, training));
  }

  @Override
  long multiplyAdds(long height, long width) {
    long cost = classification.multiplyAdds(height, width) + regression.multiplyAdds(height, width);
    for (int i = 0; i < classConvolutions.list().size(); i++) {
      cost += classConvolutions.list().get(i).multiplyAdds(height, width);
      cost += boxConvolutions.list().get(i).multiplyAdds(height, width);
    }
    return cost;
  }

  @Override
  int outputs() {
    return (classes + 4) * anchors;
  }
}
