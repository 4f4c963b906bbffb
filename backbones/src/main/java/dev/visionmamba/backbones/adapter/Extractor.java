package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.scans.autograd.Tape;
import java.util.List;

/**
 * Takes what the backbone sees into the tokens of three scales (ViT-Adapter, section 3.3, equations
 * 2 and 3): c + attention(norm(c), norm(x)), and on that a convolutional feed-forward after a norm,
 * on a residual. Parameters {@code query_norm}, {@code feat_norm}, {@code attn}, {@code ffn} and
 * {@code ffn_norm}.
 */
final class Extractor extends NamedBlock {
  private static final float EPSILON = 1e-6f;

  private final LayerNorm queryNorm;
  private final LayerNorm featNorm;
  private final MultiScaleDeformableAttention attn;
  private final ConvFfn ffn;
  private final LayerNorm ffnNorm;
  private final float dropPathRate;

  Extractor(int channels, AdapterConfig config, float dropPathRate) {
    this.queryNorm = child("query_norm", new LayerNorm(channels, EPSILON));
    this.featNorm = child("feat_norm", new LayerNorm(channels, EPSILON));
    this.attn = child("attn", new MultiScaleDeformableAttention(channels, 1, config));
    this.ffn = child("ffn", new ConvFfn(channels, config.ffnChannels(channels)));
    this.ffnNorm = child("ffn_norm", new LayerNorm(channels, EPSILON));
    this.dropPathRate = dropPathRate;
  }

  /**
   * The tokens with what they take.
   *
   * @param tokens (B, N, C) of the maps {@link MapSize#around} the other
   * @param map (B, H, W, C); cut, where it is used again
   * @return (B, N, C)
   */
  NDArray forward(ParameterStore store, NDArray tokens, NDArray map, boolean training) {
    Shape shape = map.getShape();
    MapSize size = MapSize.of(shape);
    List<MapSize> around = MapSize.around(size);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(tokens);
      NDArray features = map.reshape(shape.get(0), size.tokens(), shape.get(3)); // (B, H*W, C)
      NDArray attended =
          attn.forward(
              store,
              queryNorm.forward(store, start, training),
              featNorm.forward(store, features, training),
              around,
              List.of(size),
              training);
      NDScope.register(attended); // so far in the attention's own scope
      NDArray taken = start.add(attended);
      NDArray refined =
          ffn.forward(store, ffnNorm.forward(store, taken, training), around, training);
      NDScope.register(refined);
      NDArray output = taken.add(DropPath.apply(refined, dropPathRate, training));
      NDScope.unregister(output);
      return output;
    }
  }

  /** For a map of so many tokens, and as many as there are around it. */
  long multiplyAdds(long mapTokens, long tokens) {
    return attn.multiplyAdds(tokens, mapTokens) + ffn.multiplyAdds(tokens);
  }

  /** Has two inputs. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("an extractor needs tokens and a map");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0]};
  }
}
