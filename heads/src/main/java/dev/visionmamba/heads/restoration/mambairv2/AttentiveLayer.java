package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;

/**
 * A layer of MambaIRv2 (section 3.2): attention in windows, then the attentive state space, each
 * with a feed-forward network after it and a scaled skip around both.
 */
final class AttentiveLayer extends NamedBlock {
  private static final float EPSILON = 1e-5f;
  private static final float START_SCALE = 1e-4f;

  private final int windowSize;
  private final int shift;
  private final Parameter scale1; // (C)
  private final Parameter scale2; // (C)
  private final LayerNorm norm1;
  private final LayerNorm norm2;
  private final LayerNorm norm3;
  private final LayerNorm norm4;
  private final Linear wqkv;
  private final WindowAttention winMhsa;
  private final AttentiveStateSpace assm;
  private final FeedForward convffn1;
  private final FeedForward convffn2;
  private final Table embeddingA; // (rank, N)

  /** A layer of a group with some heads; windows are shifted or not. */
  AttentiveLayer(MambaIRv2Config config, int heads, boolean shifted) {
    int channels = config.shape().embedDim();
    windowSize = config.windowSize();
    shift = shifted ? windowSize / 2 : 0;
    scale1 = parameter("scale1", Initializers.constant(START_SCALE), channels);
    scale2 = parameter("scale2", Initializers.constant(START_SCALE), channels);
    norm1 = child("norm1", new LayerNorm(channels, EPSILON));
    norm2 = child("norm2", new LayerNorm(channels, EPSILON));
    norm3 = child("norm3", new LayerNorm(channels, EPSILON));
    norm4 = child("norm4", new LayerNorm(channels, EPSILON));
    wqkv = child("wqkv", Linear.truncatedNormal(channels, 3L * channels, config.qkvBias()));
    winMhsa = child("win_mhsa", new WindowAttention(channels, windowSize, heads));
    assm = child("assm", new AttentiveStateSpace(config));
    convffn1 = child("convffn1", FeedForward.of(config));
    convffn2 = child("convffn2", FeedForward.of(config));
    embeddingA = child("embeddingA", new Table(config.innerRank(), config.stateSize()));
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    try (Windows windows = Windows.of(x, windowSize)) {
      return forward(store, x, windows, training);
    }
  }

  /** (B, H, W, C) to the same shape. */
  NDArray forward(ParameterStore store, NDArray x, Windows windows, boolean training) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray start = Tape.cut(x);
      NDArray attended = Scopes.run(() -> attended(store, start, windows, training));
      NDArray local =
          Scopes.run(
              () -> refined(store, attended.add(start), norm2, convffn1, start, scale1, training));
      NDArray between = Tape.cut(local);
      NDArray scanned =
          Scopes.run(
              () -> {
                NDArray normed = norm3.forward(store, between, training);
                NDArray a = embeddingA.rows(store, between, training);
                return assm.forward(store, normed, a, training);
              });
      NDArray y =
          Scopes.run(
              () ->
                  refined(store, scanned.add(between), norm4, convffn2, between, scale2, training));
      NDScope.unregister(y);
      return y;
    }
  }

  /**
   * Attention in windows. The norm's output is moved, not the queries, which are three times it.
   */
  private NDArray attended(ParameterStore store, NDArray x, Windows windows, boolean training) {
    NDArray normed = norm1.forward(store, x, training);
    NDArray qkv = wqkv.forward(store, roll(normed, shift), training); // (B, H, W, 3C)
    NDArray attended = winMhsa.forward(store, qkv, windows, shift > 0, training);
    return roll(attended, -shift);
  }

  /** Moves a map up and left, around its ends. */
  private static NDArray roll(NDArray map, int shift) {
    if (shift == 0) {
      return map;
    }
    long row = Math.floorMod(shift, map.getShape().get(1));
    long column = Math.floorMod(shift, map.getShape().get(2));
    try (NDArray up = map.get(":, " + row + ":").concat(map.get(":, :" + row), 1)) {
      return up.get(":, :, " + column + ":").concat(up.get(":, :, :" + column), 2);
    }
  }

  /** x + network(norm(x)) + skip * scale. */
  private static NDArray refined(
      ParameterStore store,
      NDArray x,
      LayerNorm norm,
      FeedForward network,
      NDArray skip,
      Parameter scale,
      boolean training) {
    NDArray refined =
        Casts.single(network.forward(store, norm.forward(store, x, training), training));
    NDArray scaled = skip.mul(value(store, scale, skip, training));
    return training ? refined.add(x).add(scaled) : refined.addi(x).addi(scaled);
  }

  long multiplyAdds(long height, long width) {
    return wqkv.multiplyAdds(height * width)
        + winMhsa.multiplyAdds(height, width)
        + assm.multiplyAdds(height, width)
        + convffn1.multiplyAdds(height, width)
        + convffn2.multiplyAdds(height, width);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
