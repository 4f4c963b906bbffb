package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * How a detection head is trained: which of its answers are compared with which objects, and by
 * which losses.
 */
public sealed interface DetectionObjective permits MaskRcnnObjective, RetinaNetObjective {

  /**
   * The objective that a head was published with, by mmdetection's settings.
   *
   * @param head a {@link MaskRcnn} or a {@link RetinaNet}
   * @return the objective
   * @throws IllegalArgumentException if it is another head
   */
  static DetectionObjective published(DetectionHead head) {
    if (head instanceof MaskRcnn) {
      return MaskRcnnObjective.published();
    }
    if (head instanceof RetinaNet) {
      return RetinaNetObjective.published();
    }
    throw new IllegalArgumentException(
        "Mask R-CNN and RetinaNet can be trained, but the head is a "
            + head.getClass().getSimpleName());
  }

  /**
   * Refuses a head that this objective is not for.
   *
   * @param head a head
   * @throws IllegalArgumentException if it is of another kind
   */
  void requireFit(DetectionHead head);

  /**
   * The losses of a batch. Averages are taken over the batch at hand, as mmdetection takes them
   * over what one device has. All that is made for them belongs to the maps' manager, which must
   * stay open until the backward pass.
   *
   * @param head the head
   * @param store the parameter store
   * @param maps (B, C, H, W) of each level, the finest first
   * @param images one for each of the batch
   * @param truths what is in each
   * @param randoms one for each image, which draw its sample: so that it does not depend on the
   *     images beside it
   * @return the losses; every parameter of the head has a part in them, even if its gradient is 0
   * @throws IllegalArgumentException if the head is of another kind or the maps are not its, there
   *     are not as many images, truths and generators, a label is not below the head's classes, or
   *     the network computes numbers that are not finite
   */
  DetectionLosses evaluate(
      DetectionHead head,
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<GroundTruth> truths,
      List<? extends RandomGenerator> randoms);
}
