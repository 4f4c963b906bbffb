package dev.visionmamba.backbones;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.MapBlock;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A backbone of several stages, each at half the resolution of the one before, of which the feature
 * pyramid shows some.
 */
public abstract class HierarchicalBackbone extends Backbone {
  private final List<LevelShape> stageShapes;
  private final List<Integer> shownStages;

  /**
   * For subclasses.
   *
   * @param stageShapes the channels and strides of the stages' maps
   * @param outIndices which stages the feature pyramid shows; none for all of them
   */
  protected HierarchicalBackbone(List<LevelShape> stageShapes, List<Integer> outIndices) {
    this.stageShapes = List.copyOf(stageShapes);
    this.shownStages =
        outIndices.isEmpty()
            ? IntStream.range(0, stageShapes.size()).boxed().toList()
            : List.copyOf(outIndices);
  }

  /**
   * Checks the argument {@code out_indices}.
   *
   * @param outIndices stages counted from 0
   * @param stages how many there are
   * @throws IllegalArgumentException if a stage does not exist or they do not rise
   */
  public static void requireOutIndices(List<Integer> outIndices, int stages) {
    for (int i = 0; i < outIndices.size(); i++) {
      int index = outIndices.get(i);
      if (index < 0 || index >= stages || (i > 0 && index <= outIndices.get(i - 1))) {
        throw new IllegalArgumentException(
            String.format(
                "out_indices must be stages from 0 to %d in rising order, got %s",
                stages - 1, outIndices));
      }
    }
  }

  /**
   * The stages that the pyramid shows.
   *
   * @return their numbers, rising from 0
   */
  protected final List<Integer> shownStages() {
    return shownStages;
  }

  /**
   * The channels and the stride of a stage's map.
   *
   * @param stage counted from 0
   * @return its shape
   */
  protected final LevelShape stageShape(int stage) {
    return stageShapes.get(stage);
  }

  /**
   * What comes before the stages.
   *
   * @return from images (B, H, W, channels)
   */
  protected abstract MapBlock stem();

  /**
   * All stages.
   *
   * @return in their order
   */
  protected abstract List<? extends HierarchicalStage<?>> stageBlocks();

  @Override
  protected final List<NamedBlock> stages() {
    List<NamedBlock> parts = new ArrayList<>(List.of(stem()));
    parts.addAll(stageBlocks());
    return parts;
  }

  @Override
  protected final List<List<NamedBlock>> layers() {
    List<List<NamedBlock>> steps = new ArrayList<>(List.of(List.of(stem())));
    List<NamedBlock> before = List.of();
    for (HierarchicalStage<?> stage : stageBlocks()) {
      before = stage.addLayers(steps, before);
    }
    return steps;
  }

  /** The maps of all stages, (B, H, W, C) each, for images (B, channels, H, W). */
  private List<Shape> mapShapes(Shape images) {
    Shape x = new Shape(images.get(0), images.get(2), images.get(3), imageChannels());
    List<Shape> shapes = new ArrayList<>();
    x = stem().getOutputShapes(new Shape[] {x})[0];
    for (HierarchicalStage<?> stage : stageBlocks()) {
      shapes.add(x);
      x = stage.getOutputShapes(new Shape[] {x})[0];
    }
    return shapes;
  }

  @Override
  public final long multiplyAdds(int height, int width) {
    List<Shape> maps = mapShapes(new Shape(1, imageChannels(), height, width));
    long cost = stem().multiplyAdds(height, width);
    for (int i = 0; i < maps.size(); i++) {
      cost += stageBlocks().get(i).multiplyAdds(maps.get(i).get(1), maps.get(i).get(2));
    }
    return cost;
  }

  @Override
  public final List<LevelShape> levels() {
    return shownStages.stream().map(stageShapes::get).toList();
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    List<Shape> maps = mapShapes(inputShapes[0]);
    return shownStages.stream()
        .map(maps::get)
        .map(map -> new Shape(map.get(0), map.get(3), map.get(1), map.get(2)))
        .toArray(Shape[]::new);
  }
}
