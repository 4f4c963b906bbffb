package dev.visionmamba.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.heads.segmentation.Segmenter;
import java.util.Collections;
import java.util.List;

/**
 * What a {@link Benchmark} measures: a network's way from prepared images to an answer in Java's
 * memory.
 *
 * @param image the size of an image, (channels, height, width)
 * @param multiplyAdds what one image costs, as the papers count
 * @param preparation makes ready for images
 */
public record Workload(Shape image, long multiplyAdds, Preparation preparation) {

  /** Makes ready for images, once, before anything is measured. */
  @FunctionalInterface
  public interface Preparation {
    /**
     * Makes ready.
     *
     * @param images (B, channels, height, width)
     * @return what is measured
     */
    Pass of(NDArray images);
  }

  /** One run over the images. */
  @FunctionalInterface
  public interface Pass {
    /**
     * Computes the answer.
     *
     * @param store the parameter store
     */
    void run(ParameterStore store);
  }

  /**
   * Scores of classes.
   *
   * @param network an initialised network, its parameters frozen
   * @param height of the images in pixels
   * @param width of the images in pixels
   * @return the workload
   */
  public static Workload of(Classifier network, int height, int width) {
    return new Workload(
        new Shape(network.backbone().imageChannels(), height, width),
        network.multiplyAdds(height, width),
        images -> store -> network.forward(store, images, false).toFloatArray());
  }

  /**
   * A class for each pixel, at the size of the images.
   *
   * @param network an initialised network, its parameters frozen
   * @param height of the images in pixels
   * @param width of the images in pixels
   * @return the workload
   */
  public static Workload of(Segmenter network, int height, int width) {
    SegmentationInference inference = SegmentationInference.whole();
    return new Workload(
        new Shape(network.backbone().imageChannels(), height, width),
        network.multiplyAdds(height, width),
        images ->
            store -> {
              try (NDArray scores = inference.scores(network, store, images)) {
                SegmentationInference.labels(scores, height, width).toLongArray();
              }
            });
  }

  /**
   * Restored images.
   *
   * @param network an initialised network, its parameters frozen
   * @param height of the images in pixels, before they are restored
   * @param width of the images in pixels, before they are restored
   * @return the workload
   */
  public static Workload of(Restorer network, int height, int width) {
    return new Workload(
        new Shape(network.channels(), height, width),
        network.multiplyAdds(height, width),
        images -> store -> network.forward(store, images, false).toFloatArray());
  }

  /**
   * Objects, with masks if the network finds any. Noise has no objects, and heads of regions are
   * quick where there are none; so the threshold of scores is lowered until an image has as many
   * objects as the network gives at most, as many as its cost is counted for. Of a network that
   * finds fewer all are taken.
   *
   * @param network an initialised network, its parameters frozen
   * @param height of the images in pixels
   * @param width of the images in pixels
   * @return the workload
   */
  public static Workload of(Detector network, int height, int width) {
    return new Workload(
        new Shape(network.backbone().imageChannels(), height, width),
        network.multiplyAdds(height, width),
        images -> {
          List<ImageFrame> frames =
              Collections.nCopies((int) images.getShape().get(0), ImageFrame.of(height, width));
          DetectionOptions options = busy(network, images, frames);
          return store -> network.detect(store, images, frames, options);
        });
  }

  /** Options by which the images have as many objects as the network gives at most. */
  static DetectionOptions busy(Detector network, NDArray images, List<ImageFrame> frames) {
    MulticlassNms usual = network.head().options().selection();
    MulticlassNms all = new MulticlassNms(0, usual.iouThreshold(), usual.most());
    ParameterStore store = new ParameterStore(images.getManager(), false);
    float least = 1;
    for (Detections found :
        network.detect(store, images, frames, new DetectionOptions(all, false))) {
      least =
          found.size() < usual.most()
              ? 0
              : Math.min(least, Math.nextDown(found.scores()[found.size() - 1]));
    }
    return new DetectionOptions(
        new MulticlassNms(Math.max(0, least), usual.iouThreshold(), usual.most()),
        network.head().options().masks());
  }
}
