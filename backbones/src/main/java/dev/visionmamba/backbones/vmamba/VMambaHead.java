package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;

/** A norm at every pixel, the mean over pixels, a linear layer; all named {@code classifier}. */
final class VMambaHead extends ClassificationHead {
  private final Classifier classifier;

  VMambaHead(int channels, int classes) {
    classifier = child("classifier", new Classifier(channels, classes));
  }

  private static final class Classifier extends NamedBlock {
    final int channels;
    final LayerNorm norm;
    final Linear head;

    Classifier(int channels, int classes) {
      this.channels = channels;
      norm = child("norm", new LayerNorm(channels, 1e-5f));
      head = child("head", Linear.truncatedNormal(channels, classes, true));
    }

    /** (B, H, W, C) to (B, classes). */
    @Override
    public NDArray forward(ParameterStore store, NDArray map, boolean training) {
      NDArray normed = norm.forward(store, map, training);
      NDArray tokens = normed.reshape(map.getShape().get(0), -1, channels); // (B, L, C)
      return head.forward(store, tokens.mean(new int[] {1}), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return head.getOutputShapes(new Shape[] {new Shape(inputShapes[0].get(0), -1)});
    }
  }

  @Override
  public NDArray scores(ParameterStore store, NDList features, boolean training) {
    return classifier.forward(store, features.singletonOrThrow(), training);
  }

  @Override
  public long multiplyAdds() {
    return classifier.head.multiplyAdds(1);
  }
}
