package dev.visionmamba.tasks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.heads.segmentation.Segmenter;

/**
 * A segmenter as DJL's predictors run it: from (B, channels, H, W) to the scores of the classes at
 * the size of the images, (B, classes, H, W). It predicts alone.
 */
final class SegmentationBlock extends NamedBlock {
  private final Segmenter network;

  /** A segmenter that sees images as a whole. */
  SegmentationBlock(Segmenter network) {
    this.network = child("network", network);
  }

  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    return SegmentationInference.whole().scores(network, store, images);
  }

  /** The network's, by its names. */
  @Override
  public ParameterList getParameters() {
    return network.getParameters();
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape images = inputShapes[0];
    return new Shape[] {new Shape(images.get(0), network.classes(), images.get(2), images.get(3))};
  }
}
