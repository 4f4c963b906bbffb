package dev.visionmamba.heads.neck;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.layers.ConvModule;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import java.util.ArrayList;
import java.util.List;

/**
 * A feature pyramid network (Lin et al. 2017, arXiv:1612.03144): every map is brought to the same
 * channels, takes up the coarser ones on the way down, and is smoothed. Levels beyond the maps are
 * made of the coarsest. Parameters are named as OpenMMLab names them: {@code lateral_convs.i},
 * counted from the first map that is used, and {@code fpn_convs.i}.
 */
public final class Fpn extends Neck {
  private static final Geometry PIXEL = Geometry.dense(1, 1, 0);
  private static final Geometry SMOOTH = Geometry.dense(3, 1, 1);
  private static final Geometry HALVE = Geometry.dense(3, 2, 1);

  private final FpnConfig config;
  private final int used;
  private final NamedBlocks<ConvModule> laterals;
  private final NamedBlocks<ConvModule> smooths;

  /**
   * A network with uninitialised parameters.
   *
   * @param inputs the channels and strides of the maps that come in, the finest first; those before
   *     the start level are not read
   * @param config its shape
   * @throws IllegalArgumentException if there are too few maps for the start level, or more than
   *     levels come out
   */
  public Fpn(List<LevelShape> inputs, FpnConfig config) {
    super(inputs);
    this.config = config;
    this.used = inputs.size() - config.startLevel();
    if (used < 1 || used > config.numOuts()) {
      throw new IllegalArgumentException(
          String.format(
              "of %d maps from start_level %d on, num_outs %d cannot be made",
              inputs.size(), config.startLevel(), config.numOuts()));
    }
    this.laterals = child("lateral_convs", new NamedBlocks<>());
    this.smooths = child("fpn_convs", new NamedBlocks<>());
    int out = config.outChannels();
    for (LevelShape input : inputs.subList(config.startLevel(), inputs.size())) {
      laterals.add(TopDown.convolution(input.channels(), out, PIXEL, config.norm()));
      smooths.add(TopDown.convolution(out, out, SMOOTH, config.norm()));
    }
    if (config.extra() != ExtraLevels.MAX_POOL) {
      int channels = inputs.get(inputs.size() - 1).channels();
      for (int i = used; i < config.numOuts(); i++) {
        boolean reads = i == used && config.extra() == ExtraLevels.ON_INPUT;
        smooths.add(TopDown.convolution(reads ? channels : out, out, HALVE, config.norm()));
      }
    }
  }

  @Override
  protected List<NDArray> merge(ParameterStore store, List<NDArray> maps, boolean training) {
    List<NDArray> merged = new ArrayList<>();
    for (int i = 0; i < used; i++) {
      NDArray map = maps.get(config.startLevel() + i);
      merged.add(laterals.list().get(i).forward(store, map, training));
    }
    TopDown.merge(merged);
    List<NDArray> levels = new ArrayList<>();
    for (int i = 0; i < used; i++) {
      levels.add(smooths.list().get(i).forward(store, merged.get(i), training));
    }
    for (int i = used; i < config.numOuts(); i++) {
      NDArray before = levels.get(i - 1);
      if (config.extra() == ExtraLevels.MAX_POOL) {
        levels.add(TopDown.everySecond(before));
      } else {
        boolean reads = i == used && config.extra() == ExtraLevels.ON_INPUT;
        NDArray source = reads ? maps.get(maps.size() - 1) : before;
        levels.add(smooths.list().get(i).forward(store, source, training));
      }
    }
    return levels;
  }

  @Override
  public List<LevelShape> levels() {
    List<LevelShape> levels = new ArrayList<>();
    for (int i = 0; i < config.numOuts(); i++) {
      int stride =
          i < used
              ? inputs().get(config.startLevel() + i).stride()
              : 2 * levels.get(i - 1).stride();
      levels.add(new LevelShape(config.outChannels(), stride));
    }
    return levels;
  }

  /**
   * The shape of this network.
   *
   * @return the configuration
   */
  public FpnConfig config() {
    return config;
  }

  @Override
  public long multiplyAdds(Shape[] inputShapes) {
    long cost = 0;
    for (int i = 0; i < used; i++) {
      Shape map = inputShapes[config.startLevel() + i];
      cost += laterals.list().get(i).multiplyAdds(map.get(2), map.get(3));
      cost += smooths.list().get(i).multiplyAdds(map.get(2), map.get(3));
    }
    Shape[] levels = getOutputShapes(inputShapes);
    for (int i = used; i < smooths.list().size(); i++) {
      Shape before = levels[i - 1];
      cost += smooths.list().get(i).multiplyAdds(before.get(2), before.get(3));
    }
    return cost;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] shapes = new Shape[config.numOuts()];
    Shape levelShape = new Shape(inputShapes[0].get(0), config.outChannels());
    for (int i = 0; i < shapes.length; i++) {
      Shape size =
          i < used
              ? inputShapes[config.startLevel() + i].slice(2)
              : TopDown.half(shapes[i - 1].slice(2));
      shapes[i] = levelShape.addAll(size);
    }
    return shapes;
  }
}
