package dev.visionmamba.tasks.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.detection.ImageFrame;
import java.util.Arrays;
import java.util.List;

/**
 * A detector as DJL's predictors run it, from an image to its objects. It takes (1, channels, H, W)
 * and four int32 that are an {@link ImageFrame}, and gives n boxes (n, 4) in pixels of the original
 * image, n scores, n labels (int32) and, if they are wanted and the network finds any, n masks (n,
 * side * side) of probabilities over each box. It predicts alone.
 */
final class DetectionBlock extends NamedBlock {
  private final Detector network;
  private final DetectionOptions options;

  /** A detector that gives what the options say. */
  DetectionBlock(Detector network, DetectionOptions options) {
    this.network = child("network", network);
    this.options = options;
  }

  /** The input of one image. */
  static NDList input(NDArray image, ImageFrame frame) {
    int[] sizes = {frame.height(), frame.width(), frame.originalHeight(), frame.originalWidth()};
    return new NDList(image, image.getManager().create(sizes));
  }

  /** What a forward pass has given. */
  static Detections detections(NDList output) {
    float[] scores = output.get(1).toFloatArray();
    float[][] masks = new float[output.size() > 3 ? scores.length : 0][];
    float[] all = masks.length == 0 ? new float[0] : output.get(3).toFloatArray();
    int size = masks.length == 0 ? 0 : all.length / masks.length;
    for (int i = 0; i < masks.length; i++) {
      masks[i] = Arrays.copyOfRange(all, i * size, (i + 1) * size);
    }
    return new Detections(output.get(0).toFloatArray(), scores, output.get(2).toIntArray(), masks);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDArray image = inputs.get(0);
    if (inputs.size() != 2 || image.getShape().get(0) != 1) {
      throw new IllegalArgumentException(
          "a detector takes one image at a time and its frame, but got " + inputs);
    }
    int[] sizes = inputs.get(1).toIntArray();
    ImageFrame frame = new ImageFrame(sizes[0], sizes[1], sizes[2], sizes[3]);
    Detections found = network.detect(store, image, List.of(frame), options).get(0);
    NDManager manager = image.getManager();
    int count = found.size();
    NDList output =
        new NDList(
            manager.create(found.boxes(), new Shape(count, 4)),
            manager.create(found.scores(), new Shape(count)),
            manager.create(found.labels(), new Shape(count)));
    if (found.masks().length > 0) {
      output.add(manager.create(found.masks()));
    }
    return output;
  }

  /** The boxes of an image that is not resized. */
  @Override
  public NDArray forward(ParameterStore store, NDArray image, boolean training) {
    Shape shape = image.getShape();
    ImageFrame frame = ImageFrame.of((int) shape.get(2), (int) shape.get(3));
    return forward(store, input(image, frame), training).head();
  }

  /** The network's, by its names. */
  @Override
  public ParameterList getParameters() {
    return network.getParameters();
  }

  /** How many objects there are is not known before. */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(-1, 4), new Shape(-1), new Shape(-1)};
  }
}
