package dev.visionmamba.backbones.vmamba;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.ClassificationHead;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.HierarchicalBackbone;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.LayerNorm;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * VMamba (Liu et al. 2024, arXiv:2401.10166): a stem, then stages of 2-D selective scans, each at
 * half the resolution of the one before. The feature pyramid shows the stages of {@code
 * out_indices}, each after a norm of its own. Maps are channel-last inside.
 */
public final class VMamba extends HierarchicalBackbone {
  private static final float EPSILON = 1e-5f;

  private final VMambaConfig config;
  private final PatchEmbed patchEmbed;
  private final NamedBlocks<Stage> layers;
  private final Map<Integer, LayerNorm> outNorms = new LinkedHashMap<>();

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public VMamba(VMambaConfig config) {
    super(stageShapes(config), config.outIndices());
    this.config = config;
    this.patchEmbed = child("patch_embed", new PatchEmbed(config));
    this.layers = child("layers", new NamedBlocks<>());
    int all = config.depths().stream().mapToInt(Integer::intValue).sum();
    float[] rates = DropPath.rates(config.dropPathRate(), all);
    int first = 0;
    for (int i = 0; i < config.depths().size(); i++) {
      int depth = config.depths().get(i);
      layers.add(new Stage(config, i, Arrays.copyOfRange(rates, first, first + depth)));
      first += depth;
    }
    for (int i : config.outIndices()) {
      outNorms.put(i, child("outnorm" + i, new LayerNorm(config.channelsOf(i), EPSILON)));
    }
  }

  /**
   * What some stages give before the way to the next: channel-last maps, (B, H, W, C) each. Outside
   * training, others are closed as soon as nothing reads them.
   *
   * @param wanted the stages, rising
   * @param probe sees {@code patch_embed}, {@code block0.mixer} and {@code block0} and so on of the
   *     first stage, and {@code stage0} and so on; maps as (B, C, H, W)
   */
  private List<NDArray> stages(
      ParameterStore store, NDArray images, boolean training, Probe probe, List<Integer> wanted) {
    Probe seen = Maps.channelFirst(probe);
    int frozen = frozenParts(images);
    NDArray x;
    try (GradientMode mode = recording(frozen < 1);
        NDArray pixels = Maps.channelLast(images, config.channels())) {
      x = patchEmbed.forward(store, pixels, training);
    }
    seen.see("patch_embed", x);
    List<NDArray> maps = new ArrayList<>();
    for (int i = 0; i < layers.list().size(); i++) {
      Stage stage = layers.list().get(i);
      try (GradientMode mode = recording(frozen < i + 2)) {
        // It goes on to the next stage and to a head.
        NDArray y = Tape.cut(stage.blocks(store, x, training, seen, i == 0));
        if (!training && y != x) {
          x.close();
        }
        seen.see("stage" + i, y);
        if (i + 1 < layers.list().size()) {
          x = stage.forward(store, y, training);
        }
        if (wanted.contains(i)) {
          maps.add(y);
        } else if (!training) {
          y.close();
        }
      }
    }
    return maps;
  }

  /**
   * The stages of {@code out_indices}, or, where it names none, all stages without norms.
   *
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  @Override
  protected FeaturePyramid featuresInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<NDArray> maps = stages(store, images, training, probe, shownStages());
    List<FeaturePyramid.Level> levels = new ArrayList<>();
    for (int i : shownStages()) {
      NDArray map = maps.get(levels.size()); // (B, H, W, C)
      if (outNorms.containsKey(i)) {
        map = outNorms.get(i).forward(store, map, training);
      }
      map = map.transpose(0, 3, 1, 2);
      probe.see("pyramid" + i, map);
      levels.add(new FeaturePyramid.Level(map, stageShape(i).stride()));
    }
    return new FeaturePyramid(levels);
  }

  /** The last stage's map, channel-last: (B, H, W, C). */
  @Override
  protected NDList classificationFeaturesInternal(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    List<Integer> last = List.of(layers.list().size() - 1);
    return new NDList(stages(store, images, training, probe, last));
  }

  @Override
  public ClassificationHead classificationHead(int classes) {
    return new VMambaHead(config.channelsOf(config.depths().size() - 1), classes);
  }

  @Override
  protected MapBlock stem() {
    return patchEmbed;
  }

  @Override
  protected List<Stage> stageBlocks() {
    return layers.list();
  }

  private static List<LevelShape> stageShapes(VMambaConfig config) {
    return IntStream.range(0, config.depths().size())
        .mapToObj(i -> new LevelShape(config.channelsOf(i), 4 << i))
        .toList();
  }

  @Override
  public int imageChannels() {
    return config.channels();
  }

  /** 224x224, the size that the published weights were trained at. */
  @Override
  public Shape imageSize() {
    return new Shape(224, 224);
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public VMambaConfig config() {
    return config;
  }
}
