package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;

/** What turns a backbone's features into a score a class, as the backbone's family published it. */
public abstract class ClassificationHead extends NamedBlock {

  /** For subclasses. */
  protected ClassificationHead() {}

  /**
   * The scores before softmax.
   *
   * @param store the parameter store
   * @param features what the backbone gives for classification
   * @param training whether this is a training step
   * @return (B, classes)
   */
  public abstract NDArray scores(ParameterStore store, NDList features, boolean training);

  /**
   * What the head costs, one multiply-add being one operation.
   *
   * @return multiply-adds an image
   */
  public abstract long multiplyAdds();

  /**
   * The parameters of the whole classifier by the names and in the order of the published state
   * dict. Unless a family says otherwise, the backbone's, then the head's.
   *
   * @param backbone the backbone that the head belongs to
   * @return every parameter of both
   */
  public ParameterList stateDict(Backbone backbone) {
    ParameterList list = new ParameterList();
    list.addAll(backbone.getParameters());
    list.addAll(getParameters());
    return list;
  }

  @Override
  public final NDArray forward(ParameterStore store, NDArray features, boolean training) {
    return scores(store, new NDList(features), training);
  }

  /** Not known from shapes: a head is reached through its classifier. */
  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    throw new UnsupportedOperationException("ask the classifier for its output's shape");
  }
}
