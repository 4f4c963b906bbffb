package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.restoration.layers.DirectionalScan;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;

/**
 * The attentive state-space module (ASSM, sections 3.3 and 3.4): each token chooses one of T
 * prompts, which is added to the output matrix C, and tokens are scanned once in the order of their
 * prompts. With D inner channels and N states.
 *
 * <p>As in the reference, the prompts are not sorted with the tokens: the step of the scan at which
 * a token is visited decides whose prompt it is given, that of the token at this place of the
 * raster order.
 */
final class AttentiveStateSpace extends NamedBlock {
  private static final float EPSILON = 1e-5f;

  /** So that the logarithm of a random number is finite. */
  private static final float LEAST = 1e-20f;

  private final int inner; // D
  private final int stateSize; // N
  private final int tokens; // T
  private final StateSpaceScan selectiveScan;
  private final LayerNorm outNorm;
  private final Linear outProj;
  private final Linear inProj;
  private final Conv2d cpe;
  private final Table embeddingB; // (T, rank)
  private final Linear route0;
  private final Linear route2;

  /** The parameters of the scan, under a name of their own. */
  private static final class StateSpaceScan extends NamedBlock {
    final DirectionalScan scan;

    StateSpaceScan(int inner, int states) {
      scan = new DirectionalScan(this::parameter, 1, inner, states, (inner + 15) / 16);
    }

    /** delta, B and C: (B, L, D) to (B, L, R + 2N). */
    @Override
    public NDArray forward(ParameterStore store, NDArray u, boolean training) {
      return scan.project(store, u, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      Shape u = inputShapes[0];
      long width = getDirectParameters().get("x_proj_weight").getShape().get(1);
      return new Shape[] {new Shape(u.get(0), u.get(1), width)};
    }
  }

  AttentiveStateSpace(MambaIRv2Config config) {
    int channels = config.shape().embedDim();
    inner = config.hidden();
    stateSize = config.stateSize();
    tokens = config.tokens();
    selectiveScan = child("selectiveScan", new StateSpaceScan(inner, stateSize));
    outNorm = child("out_norm", new LayerNorm(inner, EPSILON));
    outProj = child("out_proj", Linear.truncatedNormal(inner, channels, true));
    inProj = child("in_proj.0", Linear.pointwise(channels, inner, 2, true));
    cpe = child("CPE.0", Conv2d.standard(inner, inner, Geometry.depthwise(3, 1, inner), true));
    embeddingB = child("embeddingB", new Table(tokens, config.innerRank()));
    // In half precision more tokens would go to another prompt.
    route0 = child("route.0", Linear.truncatedNormal(channels, channels / 3, true).single());
    route2 = child("route.2", Linear.truncatedNormal(channels / 3, tokens, true).single());
  }

  /**
   * (B, H, W, C) to the same shape, in the scope of the caller.
   *
   * @param embeddingA (rank, N), the layer's part of the prompts
   */
  NDArray forward(ParameterStore store, NDArray map, NDArray embeddingA, boolean training) {
    NDArray x = Tape.cut(map);
    Shape shape = x.getShape();
    int batch = Math.toIntExact(shape.get(0));
    long all = shape.size() / shape.get(3); // B*L: one sequence, of which each image is a path
    NDArray logits = route(store, x, training).reshape(all, tokens);
    NDArray choice = training ? logits.add(gumbel(logits)) : logits;
    NDArray chosen = choice.argMax(-1); // (B*L)
    long[] prompts = chosen.toLongArray();
    SemanticOrder order = SemanticOrder.of(prompts, batch, tokens);
    NDArray prompt = embeddingB.rows(store, x, training).matMul(embeddingA); // (T, N)
    NDArray ofTokens =
        training
            ? lookUp(order.steps(), straightThrough(choice, chosen).matMul(prompt), x)
            : lookUp(promptsOf(order.steps(), prompts), prompt, x); // (B*L, N)

    NDArray u = Tape.cut(Scopes.run(() -> input(store, x, training)).reshape(1, all, inner));
    NDArray projected = Tape.cut(selectiveScan.forward(store, u, training)); // (1, B*L, R + 2N)
    int fromC = selectiveScan.scan.columnOfC(0);
    NDArray c =
        Casts.like(
            projected.get("..., " + fromC + ":").add(ofTokens.reshape(1, all, stateSize)),
            projected);
    NDArray y = selectiveScan.scan.forward(store, u, projected, order.paths(), c, training);
    NDArray normed = outNorm.forward(store, y, training);
    return outProj.forward(store, normed, training).reshape(shape);
  }

  /** What the prompts are chosen by: (B, H, W, C) to (B, H, W, T). */
  private NDArray route(ParameterStore store, NDArray x, boolean training) {
    try (NDArray hidden = route0.forward(store, x, training);
        NDArray active = Activation.gelu(hidden)) {
      return route2.forward(store, active, training);
    }
  }

  /** x' sigmoid(convolution of x'), x' = projected x: (B, H, W, C) to (B, H, W, D). */
  private NDArray input(ParameterStore store, NDArray x, boolean training) {
    NDArray projected = inProj.forward(store, x, training);
    NDArray gate = Activation.sigmoid(cpe.forward(store, projected, training));
    return training ? projected.mul(gate) : projected.muli(gate);
  }

  /** Noise that makes the largest sum a draw by the softmax (Gumbel, arXiv:1611.01144). */
  private static NDArray gumbel(NDArray like) {
    return like.getManager()
        .randomUniform(LEAST, 1f, like.getShape())
        .log()
        .neg()
        .log()
        .neg()
        .toType(like.getDataType(), false);
  }

  /** One for the chosen prompt, else zero, with the gradient of the softmax: (B*L, T). */
  private NDArray straightThrough(NDArray choice, NDArray chosen) {
    NDArray soft = choice.softmax(-1);
    return chosen.oneHot(tokens, choice.getDataType()).add(soft.sub(soft.stopGradient()));
  }

  private static long[] promptsOf(long[] tokens, long[] prompts) {
    long[] chosen = new long[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      chosen[i] = prompts[(int) tokens[i]];
    }
    return chosen;
  }

  /** Rows of a table, (i) and (rows, N) to (i, N). */
  private static NDArray lookUp(long[] indices, NDArray table, NDArray like) {
    // A copy in libtorch's own memory: autograd saves it, and Java's may be collected before.
    NDArray index = like.getManager().create(indices).duplicate();
    return Embedding.embedding(index, table, SparseFormat.DENSE).head();
  }

  /** Not without the layer's part of the prompts. */
  @Override
  public NDArray forward(ParameterStore store, NDArray map, boolean training) {
    throw new UnsupportedOperationException("the layer has a part of the prompts");
  }

  long multiplyAdds(long height, long width) {
    long positions = height * width;
    return route0.multiplyAdds(positions)
        + route2.multiplyAdds(positions)
        + inProj.multiplyAdds(positions)
        + cpe.multiplyAdds(height, width)
        + selectiveScan.scan.multiplyAdds(positions)
        + outProj.multiplyAdds(positions);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
