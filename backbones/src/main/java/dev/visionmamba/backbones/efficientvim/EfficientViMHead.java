package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlocks;

/**
 * The multi-stage fusion of hidden states (arXiv:2411.15241, section 3.3): a norm, a mean and a
 * linear layer for every stage's hidden states and for the last map, and of their scores a sum with
 * learned weights.
 *
 * <p>With distillation there are two sets of linear layers and weights, and the scores are the mean
 * of both sets'. The reference hands them out one by one in training, for two losses, the label's
 * and the teacher's (DeiT, arXiv:2012.12877); here training sees the mean, too.
 */
final class EfficientViMHead extends ClassificationHead {
  private static final float EPSILON = 1e-5f;

  private final Parameter weights; // (stages + 1)
  private final Parameter weightsDist;
  private final NamedBlocks<LayerNorm> norm;
  private final NamedBlocks<Linear> heads;
  private final NamedBlocks<Linear> headsDist;

  EfficientViMHead(EfficientViMConfig config, int classes) {
    int sources = config.stages() + 1;
    weights = parameter("weights", Initializers.constant(1f), sources);
    weightsDist =
        config.distillation()
            ? parameter("weights_dist", Initializers.constant(1f), sources)
            : null;
    norm = child("norm", new NamedBlocks<>());
    for (int i = 0; i < sources; i++) {
      boolean map = i == config.stages();
      int channels = config.channelsOf(map ? i - 1 : i);
      Shape stored = map ? new Shape(1, channels, 1, 1) : new Shape(1, channels, 1);
      norm.add(new LayerNorm(channels, EPSILON, stored));
    }
    heads = child("heads", linearLayers(config, classes));
    headsDist = config.distillation() ? child("heads_dist", linearLayers(config, classes)) : null;
  }

  private static NamedBlocks<Linear> linearLayers(EfficientViMConfig config, int classes) {
    NamedBlocks<Linear> layers = new NamedBlocks<>();
    for (int i = 0; i <= config.stages(); i++) {
      int channels = config.channelsOf(Math.min(i, config.stages() - 1));
      layers.add(Linear.truncatedNormal(channels, classes, true));
    }
    return layers;
  }

  /** The stages' hidden states, (B, N, C) each, and the last map's tokens, (B, L, C). */
  @Override
  public NDArray scores(ParameterStore store, NDList features, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDList means = new NDList();
      for (int i = 0; i < features.size(); i++) {
        NDArray normed = norm.list().get(i).forward(store, features.get(i), training);
        means.add(normed.mean(new int[] {1})); // (B, C)
      }
      NDArray scores = fuse(store, means, weights, heads, training);
      if (headsDist != null) {
        NDArray both = scores.add(fuse(store, means, weightsDist, headsDist, training));
        // Not div(number): autograd saves the divisor, which then must not be Java's to take away.
        scores = both.div(both.getManager().full(new Shape(), 2f, both.getDataType()));
      }
      NDScope.unregister(scores);
      return scores;
    }
  }

  /** sum_i softmax(w)_i layer_i(mean_i), (B, classes). */
  private static NDArray fuse(
      ParameterStore store,
      NDList means,
      Parameter w,
      NamedBlocks<Linear> layers,
      boolean training) {
    NDList shares = value(store, w, means.head(), training).softmax(0).split(means.size());
    NDArray sum = null;
    for (int i = 0; i < means.size(); i++) {
      NDArray scores = layers.list().get(i).forward(store, means.get(i), training);
      NDArray share = scores.mul(shares.get(i));
      sum = sum == null ? share : sum.add(share);
    }
    return sum;
  }

  /** The fusion's weights come first in the published state dicts, before the backbone. */
  @Override
  public ParameterList stateDict(Backbone backbone) {
    ParameterList list = getDirectParameters();
    int first = list.size();
    list.addAll(backbone.getParameters());
    ParameterList own = getParameters();
    list.addAll(own.subList(first, own.size()));
    return list;
  }

  @Override
  public long multiplyAdds() {
    long set = heads.list().stream().mapToLong(layer -> layer.multiplyAdds(1)).sum();
    return headsDist == null ? set : 2 * set;
  }
}
