package dev.visionmamba.backbones.vim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.LinearHead;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.Initializers;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.backbones.layers.PatchEmbedding;
import dev.visionmamba.backbones.layers.PositionEmbeddings;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Vision Mamba (Zhu et al. 2024, arXiv:2401.09417): patches and a class token, a position
 * embedding, blocks of bidirectional Mamba around a residual stream, a final norm. A plain
 * backbone: one map, at the stride of the patches.
 */
public final class Vim extends Backbone {
  private static final Initializer NARROW = Initializers.truncatedNormal(0.02f);

  private final VimConfig config;
  private final Parameter[] classTokens;
  private final Parameter positionEmbedding;
  private final PatchEmbedding patchEmbedding;
  private final NamedBlocks<VimBlock> layers;
  private final NamedBlock finalNorm;
  private final float[] dropPathRates;

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public Vim(VimConfig config) {
    this.config = config;
    int embed = config.embedDim();
    this.classTokens =
        switch (config.classToken()) {
          case NONE -> new Parameter[0];
          case HEAD, MIDDLE -> new Parameter[] {parameter("cls_token", NARROW, 1, 1, embed)};
          case DOUBLE ->
              new Parameter[] {
                parameter("cls_token_head", NARROW, 1, 1, embed),
                parameter("cls_token_tail", NARROW, 1, 1, embed)
              };
        };
    long tokens = (long) config.gridHeight() * config.gridWidth() + config.classTokens();
    this.positionEmbedding =
        config.positionEmbedding() ? parameter("pos_embed", NARROW, 1, tokens, embed) : null;
    this.patchEmbedding =
        child(
            "patch_embed",
            new PatchEmbedding(config.channels(), embed, config.patchSize(), config.stride()));
    this.layers = child("layers", new NamedBlocks<>());
    for (int i = 0; i < config.depth(); i++) {
      layers.add(new VimBlock(config));
    }
    this.dropPathRates = DropPath.rates(config.dropPathRate(), config.depth());
    this.finalNorm = child("norm_f", VimBlock.norm(config));
  }

  /**
   * All tokens after the final norm, class tokens among them.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step
   * @param probe sees {@code patch_embed}, {@code block0} and {@code block0.mixer} and so on, and
   *     {@code final}
   * @return (B, L, C)
   */
  public NDArray tokens(ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray last = mixed(store, images, training, probe, List.of(), new NDList());
    NDArray tokens = finalNorm.forward(store, last, training);
    probe.see("final", tokens);
    return tokens;
  }

  /**
   * What layers' mixers give, before it joins the residual stream, where the patches lie.
   *
   * @param indices the layers, counted from 0, rising
   * @return (B, C, H', W') for each
   */
  List<NDArray> mixerMaps(
      ParameterStore store, NDArray images, boolean training, Probe probe, List<Integer> indices) {
    NDList taken = new NDList();
    NDArray last = mixed(store, images, training, probe, indices, taken);
    release(training, last);
    return taken.stream().map(tokens -> map(tokens, images)).toList();
  }

  /**
   * The sum of the residual stream and the last mixer's output, (B, L, C).
   *
   * @param indices the layers whose mixers' outputs are taken
   * @param taken where to
   */
  private NDArray mixed(
      ParameterStore store,
      NDArray images,
      boolean training,
      Probe probe,
      List<Integer> indices,
      NDList taken) {
    int frozen = frozenParts(images);
    NDArray hidden; // (B, L, C)
    try (GradientMode mode = recording(frozen < 1)) {
      hidden = Casts.single(embed(store, images, training));
    }
    probe.see("patch_embed", hidden);
    NDArray residual = null;
    for (int i = 0; i < layers.list().size(); i++) {
      try (NDScope scope = new NDScope();
          GradientMode mode = recording(frozen < i + 2)) {
        scope.suppressNotUsedWarning();
        NDArray sum =
            residual == null
                ? hidden
                : residual.add(DropPath.apply(hidden, dropPathRates[i - 1], training));
        NDArray before = residual;
        NDArray branch = hidden;
        residual = Tape.cut(sum);
        hidden = layers.list().get(i).forward(store, residual, training);
        if (indices.contains(i)) {
          hidden = Tape.cut(hidden); // it goes two ways
          taken.add(hidden);
        }
        probe.see("block" + i + ".mixer", hidden);
        if (probe != Probe.NONE) {
          probe.see("block" + i, hidden.add(residual));
        }
        NDScope.unregister(residual, hidden);
        boolean kept = before == null || indices.contains(i - 1);
        release(training, before, kept ? null : branch);
      }
    }
    return residual.add(DropPath.apply(hidden, dropPathRates[config.depth() - 1], training));
  }

  /** Frees what later layers will not read. In training, the graph may still need it. */
  private static void release(boolean training, NDArray... arrays) {
    for (NDArray array : arrays) {
      if (!training && array != null) {
        array.close();
      }
    }
  }

  /** Patches with class tokens among them, plus position embeddings: (B, L, C). */
  private NDArray embed(ParameterStore store, NDArray images, boolean training) {
    NDArray patches = patchEmbedding.forward(store, images, training); // (B, P, C)
    long batch = patches.getShape().get(0);
    int count = Math.toIntExact(patches.getShape().get(1));
    NDArray tokens = patches;
    for (int i = 0; i < classTokens.length; i++) {
      NDArray token =
          value(store, classTokens[i], images, training).broadcast(batch, 1, config.embedDim());
      token.attach(images.getManager());
      int position = classTokenPositions(count)[i];
      NDArray before = tokens.get(new NDIndex().addAllDim().addSliceDim(0, position));
      NDArray after =
          tokens.get(new NDIndex().addAllDim().addSliceDim(position, tokens.getShape().get(1)));
      tokens = before.concat(token, 1).concat(after, 1);
    }
    if (positionEmbedding == null) {
      return tokens;
    }
    NDArray position = value(store, positionEmbedding, images, training);
    int height = patchEmbedding.gridSize(images.getShape().get(2));
    int width = patchEmbedding.gridSize(images.getShape().get(3));
    return tokens.add(resized(images.getManager(), position, height, width));
  }

  private NDArray resized(NDManager manager, NDArray position, int height, int width) {
    if (height == config.gridHeight() && width == config.gridWidth()) {
      return position;
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray resized =
          PositionEmbeddings.resize(
              manager,
              position,
              config.classTokens(),
              config.gridHeight(),
              config.gridWidth(),
              height,
              width);
      NDScope.unregister(resized);
      return resized;
    }
  }

  /** Where class tokens stand in the sequence that has been built up to them. */
  private int[] classTokenPositions(int patches) {
    return switch (config.classToken()) {
      case NONE -> new int[0];
      case HEAD -> new int[] {0};
      case MIDDLE -> new int[] {patches / 2};
      case DOUBLE -> new int[] {0, patches + 1};
    };
  }

  /** The class token, the mean of both, or the mean over all tokens: (B, C). */
  @Override
  protected NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    return new NDList(pooled(tokens(store, images, training, probe)));
  }

  private NDArray pooled(NDArray tokens) {
    int patches = Math.toIntExact(tokens.getShape().get(1)) - config.classTokens();
    int[] positions = classTokenPositions(patches);
    if (positions.length == 0) {
      return tokens.mean(new int[] {1});
    }
    NDArray sum = tokens.get(":, " + positions[0]);
    for (int i = 1; i < positions.length; i++) {
      sum = sum.add(tokens.get(":, " + positions[i]));
    }
    if (positions.length == 1) {
      return sum;
    }
    // Not div(number): autograd saves the divisor, which then must not be Java's to take away.
    return sum.div(sum.getManager().full(new Shape(), (float) positions.length, sum.getDataType()));
  }

  @Override
  public ClassificationHead classificationHead(int classes) {
    return new Head(config.embedDim(), classes);
  }

  /** The published state dict lists the head after the patch embedding. */
  private static final class Head extends LinearHead {
    Head(int channels, int classes) {
      super(channels, classes);
    }

    @Override
    public ParameterList stateDict(Backbone backbone) {
      ParameterList list = backbone.getParameters();
      int next = list.keys().indexOf("patch_embed.proj.bias") + 1;
      int at = next > 0 ? next : list.size();
      for (Pair<String, Parameter> parameter : getParameters()) {
        list.add(at, parameter.getKey(), parameter.getValue());
        at++;
      }
      return list;
    }
  }

  @Override
  protected List<NamedBlock> stages() {
    List<NamedBlock> stages = new ArrayList<>(List.of(patchEmbedding));
    stages.addAll(layers.list());
    return stages;
  }

  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    NDArray map = map(tokens(store, images, training, probe), images);
    return new FeaturePyramid(List.of(new FeaturePyramid.Level(map, config.stride())));
  }

  /** (B, L, C) to (B, C, H', W'), class tokens left out. */
  private NDArray map(NDArray tokens, NDArray images) {
    int height = patchEmbedding.gridSize(images.getShape().get(2));
    int width = patchEmbedding.gridSize(images.getShape().get(3));
    long batch = images.getShape().get(0);
    NDArray patches = withoutClassTokens(tokens, height * width); // (B, P, C)
    return patches.transpose(0, 2, 1).reshape(batch, config.embedDim(), height, width);
  }

  private NDArray withoutClassTokens(NDArray tokens, int patches) {
    return switch (config.classToken()) {
      case NONE -> tokens;
      case HEAD, DOUBLE -> tokens.get(new NDIndex().addAllDim().addSliceDim(1, patches + 1));
      case MIDDLE -> {
        NDIndex before = new NDIndex().addAllDim().addSliceDim(0, patches / 2);
        NDIndex after = new NDIndex().addAllDim().addSliceDim(patches / 2 + 1, patches + 1);
        yield tokens.get(before).concat(tokens.get(after), 1);
      }
    };
  }

  @Override
  public List<LevelShape> levels() {
    return List.of(new LevelShape(config.embedDim(), config.stride()));
  }

  @Override
  public int imageChannels() {
    return config.channels();
  }

  @Override
  public Shape imageSize() {
    return new Shape(config.imageHeight(), config.imageWidth());
  }

  @Override
  public long multiplyAdds(int height, int width) {
    long patches = (long) patchEmbedding.gridSize(height) * patchEmbedding.gridSize(width);
    long length = patches + config.classTokens();
    return patchEmbedding.multiplyAdds(patches)
        + layers.list().size() * layers.list().get(0).multiplyAdds(length);
  }

  /**
   * Resizes {@code pos_embed} if it is for another square grid, as the reference does: its first
   * rows are kept apart as class tokens', though a class token in the middle has another row.
   */
  @Override
  public void adapt(Map<String, NDArray> tensors) {
    NDArray stored = tensors.get("pos_embed");
    if (stored == null
        || positionEmbedding == null
        || !stored.getDataType().isFloating()
        || stored.getShape().dimension() != 3
        || stored.getShape().get(2) != config.embedDim()
        || stored.getShape().equals(positionEmbedding.getShape())) {
      return;
    }
    long patches = stored.getShape().get(1) - config.classTokens();
    int side = (int) Math.round(Math.sqrt(Math.max(0, patches)));
    if (patches < 1 || (long) side * side != patches) {
      return; // not a square grid: reported as a misshapen tensor
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray resized =
          PositionEmbeddings.resize(
              stored.getManager(),
              stored.toType(DataType.FLOAT32, false),
              config.classTokens(),
              side,
              side,
              config.gridHeight(),
              config.gridWidth());
      NDScope.unregister(resized);
      tensors.put("pos_embed", resized);
    }
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public VimConfig config() {
    return config;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {
      new Shape(
          x.get(0),
          config.embedDim(),
          patchEmbedding.gridSize(x.get(2)),
          patchEmbedding.gridSize(x.get(3)))
    };
  }
}
