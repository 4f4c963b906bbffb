package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Blocks one after the other, named by their numbers.
 *
 * @param <T> what they are
 */
public final class NamedBlocks<T extends NamedBlock> extends NamedBlock {
  private final List<T> blocks = new ArrayList<>();

  /** No blocks yet. */
  public NamedBlocks() {}

  /**
   * Adds a block after the others.
   *
   * @param block the block
   */
  public void add(T block) {
    blocks.add(child(Integer.toString(blocks.size()), block));
  }

  /**
   * The blocks.
   *
   * @return in their order
   */
  public List<T> list() {
    return Collections.unmodifiableList(blocks);
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (T block : blocks) {
      y = block.forward(store, y, training);
    }
    return y;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] shapes = inputShapes;
    for (T block : blocks) {
      shapes = block.getOutputShapes(shapes);
    }
    return shapes;
  }
}
