package dev.visionmamba.backbones;

import ai.djl.ndarray.types.Shape;
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
   * The size of every stage's map.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return (H, W) for each stage
   */
  protected abstract List<Shape> mapSizes(long height, long width);

  @Override
  public final List<LevelShape> levels() {
    return shownStages.stream().map(stageShapes::get).toList();
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    List<Shape> sizes = mapSizes(x.get(2), x.get(3));
    List<Shape> shapes = new ArrayList<>();
    for (int i : shownStages) {
      shapes.add(new Shape(x.get(0), stageShapes.get(i).channels()).addAll(sizes.get(i)));
    }
    return shapes.toArray(new Shape[0]);
  }
}
