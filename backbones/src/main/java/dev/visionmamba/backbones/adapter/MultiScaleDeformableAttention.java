package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.List;

/**
 * Multi-scale deformable attention (Deformable DETR, Zhu et al. 2020, arXiv:2010.04159, section
 * 4.1): every query looks at a few points of every level, whose places and weights it says itself.
 * Parameters {@code sampling_offsets} and {@code attention_weights} (of the query), {@code
 * value_proj} and {@code output_proj}, each with weight and bias.
 */
final class MultiScaleDeformableAttention extends NamedBlock {
  private final Linear samplingOffsets;
  private final Linear attentionWeights;
  private final Linear valueProj;
  private final Linear outputProj;
  private final int levels;
  private final AdapterConfig config;

  /** Attention to a number of levels. */
  MultiScaleDeformableAttention(int channels, int levels, AdapterConfig config) {
    this.levels = levels;
    this.config = config;
    int samples = config.heads() * levels * config.points();
    int inner = config.attentionChannels(channels);
    Initializer zero = Initializers.constant(0f);
    this.samplingOffsets =
        child("sampling_offsets", new Linear(channels, 2L * samples, zero, directions()));
    this.attentionWeights = child("attention_weights", new Linear(channels, samples, zero, zero));
    Initializer xavier = Initializers.xavierUniform(channels, inner);
    this.valueProj = child("value_proj", new Linear(channels, inner, xavier, zero));
    this.outputProj = child("output_proj", new Linear(inner, channels, xavier, zero));
  }

  /** The heads look in directions around the query, point p p + 1 pixels far on the longer axis. */
  private Initializer directions() {
    return (manager, shape, type) -> {
      float[] bias = new float[Math.toIntExact(shape.size())];
      for (int i = 0; i < bias.length; i++) {
        int point = i / 2 % config.points();
        int head = i / 2 / config.points() / levels;
        double angle = 2 * Math.PI * head / config.heads();
        double longer = Math.max(Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle)));
        double along = i % 2 == 0 ? Math.cos(angle) : Math.sin(angle);
        bias[i] = (float) (along / longer * (point + 1));
      }
      return manager.create(bias, shape).toType(type, false).duplicate();
    };
  }

  /**
   * The attention.
   *
   * @param query (B, Q, C), the tokens of {@code queries}
   * @param features (B, S, C), the tokens of {@code answers}
   * @param queries the maps whose tokens ask
   * @param answers the maps whose tokens answer, as many as there are levels
   * @return (B, Q, C)
   */
  NDArray forward(
      ParameterStore store,
      NDArray query,
      NDArray features,
      List<MapSize> queries,
      List<MapSize> answers,
      boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray offsets = samplingOffsets.forward(store, query, training); // (B, Q, M*L*P*2)
      NDArray scores = attentionWeights.forward(store, query, training); // (B, Q, M*L*P)
      Shape shape = scores.getShape();
      long ofHead = (long) levels * config.points();
      NDArray weights =
          Casts.single(scores)
              .reshape(shape.get(0), shape.get(1), config.heads(), ofHead)
              .softmax(3)
              .reshape(shape);
      NDArray values = valueProj.forward(store, features, training); // (B, S, M*D)
      NDArray sampled =
          new DeformableSampling(queries, answers, config.heads(), config.points())
              .forward(values, offsets, weights);
      NDArray output = outputProj.forward(store, sampled, training);
      NDScope.unregister(output);
      return output;
    }
  }

  /** Of so many queries and answering tokens; a point is interpolated from four. */
  long multiplyAdds(long queries, long answers) {
    long inner = valueProj.weight().getShape().get(0);
    return samplingOffsets.multiplyAdds(queries)
        + attentionWeights.multiplyAdds(queries)
        + valueProj.multiplyAdds(answers)
        + outputProj.multiplyAdds(queries)
        + queries * inner * levels * config.points() * 4;
  }

  /** Has two inputs. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("attention needs queries and features");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0]};
  }
}
