package dev.visionmamba.backbones.efficientvim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.HierarchicalBackbone;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * EfficientViM (Lee et al. 2024, arXiv:2411.15241): a stem of stride 16, then stages of blocks
 * whose tokens meet in a few hidden states, each stage at half the resolution of the one before.
 * The feature pyramid shows the stages of {@code out_indices} without norms, before the way to the
 * next. Images of any size are taken; each halving rounds up. Maps are channel-last inside.
 */
public final class EfficientViM extends HierarchicalBackbone {
  private final EfficientViMConfig config;
  private final Stem patchEmbed;
  private final NamedBlocks<Stage> stages;

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public EfficientViM(EfficientViMConfig config) {
    super(stageShapes(config), config.outIndices());
    this.config = config;
    this.patchEmbed = child("patch_embed", new Stem(config));
    this.stages = child("stages", new NamedBlocks<>());
    for (int i = 0; i < config.stages(); i++) {
      stages.add(new Stage(config, i));
    }
  }

  /**
   * What the stages give before the way to the next.
   *
   * @param probe sees {@code patch_embed}; of the first stage {@code block0.dwconv1}, {@code
   *     .norm}, {@code .mixer}, {@code .mixer.hidden}, {@code .ffn}, {@code block0} and so on; and
   *     {@code stage0}, {@code stage0.hidden}, {@code downsample0} and so on; maps as (B, C, H, W),
   *     tokens and states as (B, C, L)
   */
  private List<Output> outputs(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    Probe seen = Maps.channelFirst(probe);
    int frozen = frozenParts(images);
    NDArray x;
    try (GradientMode mode = recording(frozen < 1);
        NDArray pixels = Maps.channelLast(images, config.channels())) {
      x = patchEmbed.forward(store, pixels, training);
    }
    seen.see("patch_embed", x);
    List<Output> outputs = new ArrayList<>();
    for (int i = 0; i < config.stages(); i++) {
      try (GradientMode mode = recording(frozen < i + 2)) {
        Stage stage = stages.list().get(i);
        Output output;
        try (NDArray input = x) {
          output = stage.blocks(store, input, training, i == 0 ? seen : Probe.NONE);
        }
        seen.see("stage" + i, output.map());
        seen.see("stage" + i + ".hidden", output.hidden());
        outputs.add(output);
        if (stage.leadsOn()) {
          x = stage.forward(store, output.map(), training);
          seen.see("downsample" + i, x);
        }
      }
    }
    return outputs;
  }

  /**
   * The stages of {@code out_indices}, or, where it names none, all stages.
   *
   * @throws IllegalArgumentException if the images have other channels
   */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<Output> outputs = outputs(store, images, training, probe);
    List<FeaturePyramid.Level> levels = new ArrayList<>();
    for (int i : shownStages()) {
      NDArray map = outputs.get(i).map().transpose(0, 3, 1, 2);
      levels.add(new FeaturePyramid.Level(map, stageShape(i).stride()));
    }
    outputs.forEach(Output::close);
    return new FeaturePyramid(levels);
  }

  /** Every stage's hidden states, (B, N, C) each, and the last map's tokens, (B, L, C). */
  @Override
  protected NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<Output> outputs = outputs(store, images, training, probe);
    NDList features = new NDList();
    outputs.forEach(output -> features.add(output.hidden()));
    NDArray last = outputs.get(config.stages() - 1).map();
    Shape shape = last.getShape();
    features.add(last.reshape(shape.get(0), shape.get(1) * shape.get(2), shape.get(3)));
    outputs.forEach(output -> output.map().close());
    return features;
  }

  @Override
  public ClassificationHead classificationHead(int classes) {
    return new EfficientViMHead(config, classes);
  }

  @Override
  protected MapBlock stem() {
    return patchEmbed;
  }

  @Override
  protected List<Stage> stageBlocks() {
    return stages.list();
  }

  private static List<LevelShape> stageShapes(EfficientViMConfig config) {
    return IntStream.range(0, config.stages())
        .mapToObj(i -> new LevelShape(config.channelsOf(i), Stem.STRIDE << i))
        .toList();
  }

  @Override
  public int imageChannels() {
    return config.channels();
  }

  @Override
  public Shape imageSize() {
    return new Shape(config.imageSize().get(0), config.imageSize().get(1));
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public EfficientViMConfig config() {
    return config;
  }
}
