package dev.visionmamba.backbones.plainmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;

/**
 * A linear layer over the mean of the tokens, {@code head.fc}. It starts as the reference's: normal
 * with deviation 0.01, bias 0. The published state dict prefixes the backbone's names.
 */
final class PlainMambaHead extends ClassificationHead {
  private final LinearClassifier head;

  PlainMambaHead(int channels, int classes) {
    head = child("head", new LinearClassifier(channels, classes));
  }

  private static final class LinearClassifier extends NamedBlock {
    final Linear fc;

    LinearClassifier(int channels, int classes) {
      fc =
          child(
              "fc",
              new Linear(
                  channels,
                  classes,
                  Initializers.truncatedNormal(0.01f),
                  Initializers.constant(0f)));
    }

    /** (B, C) to (B, classes). */
    @Override
    public NDArray forward(ParameterStore store, NDArray pooled, boolean training) {
      return fc.forward(store, pooled, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return fc.getOutputShapes(inputShapes);
    }
  }

  @Override
  public NDArray scores(ParameterStore store, NDList features, boolean training) {
    return head.forward(store, features.singletonOrThrow(), training);
  }

  @Override
  public long multiplyAdds() {
    return head.fc.multiplyAdds(1);
  }

  @Override
  public ParameterList stateDict(Backbone backbone) {
    ParameterList list = new ParameterList();
    for (Pair<String, Parameter> parameter : backbone.getParameters()) {
      list.add("backbone." + parameter.getKey(), parameter.getValue());
    }
    list.addAll(getParameters());
    return list;
  }
}
