package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.Tape;
import java.util.List;

/**
 * Brings what the convolutional branch sees into the backbone's map (ViT-Adapter, section 3.3,
 * equation 1): x + gamma attention(norm(x), norm(c)). Parameters {@code gamma} (C), {@code
 * query_norm}, {@code feat_norm} and {@code attn}.
 */
final class Injector extends NamedBlock {
  private static final float EPSILON = 1e-6f;

  private final Parameter gamma;
  private final LayerNorm queryNorm;
  private final LayerNorm featNorm;
  private final MultiScaleDeformableAttention attn;

  Injector(int channels, AdapterConfig config) {
    this.gamma =
        parameter("gamma", Initializers.constant((float) config.initialInjection()), channels);
    this.queryNorm = child("query_norm", new LayerNorm(channels, EPSILON));
    this.featNorm = child("feat_norm", new LayerNorm(channels, EPSILON));
    this.attn = child("attn", new MultiScaleDeformableAttention(channels, 3, config));
  }

  /**
   * The map with what is injected.
   *
   * @param map (B, H, W, C)
   * @param tokens (B, N, C) of the maps {@link MapSize#around} it; cut, where they are used again
   * @return (B, H, W, C)
   */
  NDArray forward(ParameterStore store, NDArray map, NDArray tokens, boolean training) {
    Shape shape = map.getShape();
    MapSize size = MapSize.of(shape);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(map);
      NDArray query = start.reshape(shape.get(0), size.tokens(), shape.get(3)); // (B, H*W, C)
      NDArray attended =
          attn.forward(
              store,
              queryNorm.forward(store, query, training),
              featNorm.forward(store, tokens, training),
              List.of(size),
              MapSize.around(size),
              training);
      NDScope.register(attended); // so far in the attention's own scope
      NDArray scaled = attended.mul(value(store, gamma, map, training));
      NDArray injected = start.add(scaled.reshape(shape));
      NDScope.unregister(injected);
      return injected;
    }
  }

  /** For a map of so many tokens, and as many as there are around it. */
  long multiplyAdds(long mapTokens, long tokens) {
    return attn.multiplyAdds(mapTokens, tokens);
  }

  /** Has two inputs. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("an injector needs a map and tokens");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0]};
  }
}
