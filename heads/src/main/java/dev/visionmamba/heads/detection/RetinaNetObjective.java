package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.assign.Assignment;
import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.losses.SigmoidFocalLoss;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * What RetinaNet learns (Lin et al. 2017, arXiv:1708.02002, sections 3 and 4): the class of every
 * anchor by the focal loss, and of those on objects the box by the L1 distance of encoded boxes.
 * Both sums are divided by the number of anchors on objects, an image without any counting as one.
 *
 * @param assigner says which anchors lie on objects
 * @param focal the loss of classes
 * @param multiple to which each image is padded before its batch is, at least 1: anchors beyond
 *     learn nothing
 */
public record RetinaNetObjective(MaxIoUAssigner assigner, SigmoidFocalLoss focal, int multiple)
    implements DetectionObjective {

  /**
   * Checks that nothing is missing.
   *
   * @throws IllegalArgumentException if the multiple is below 1
   */
  public RetinaNetObjective {
    Objects.requireNonNull(assigner, "assigner");
    Objects.requireNonNull(focal, "focal");
    Picks.requireMultiple(multiple);
  }

  /** The loss of the anchors' classes. */
  public static final String CLASS_LOSS = "loss_cls";

  /** The loss of the anchors' boxes. */
  public static final String BOX_LOSS = "loss_bbox";

  /**
   * As published, by mmdetection's settings. Ignored boxes count as background.
   *
   * @return the objective
   */
  public static RetinaNetObjective published() {
    return new RetinaNetObjective(MaxIoUAssigner.RETINANET, SigmoidFocalLoss.RETINANET, 32);
  }

  @Override
  public void requireFit(DetectionHead head) {
    Picks.requireHead(head, RetinaNet.class);
  }

  @Override
  public DetectionLosses evaluate(
      DetectionHead head,
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<GroundTruth> truths,
      List<? extends RandomGenerator> randoms) {
    RetinaNet retinaNet = Picks.requireHead(head, RetinaNet.class);
    int classes = retinaNet.config().classes();
    head.requireMaps(maps);
    Picks.requireFit(maps.get(0), images.size(), truths, randoms.size(), classes);
    List<NDArray> levels = head.channelLast(maps);
    AnchorGrid grid =
        new AnchorGrid(head.predict(store, levels, true), retinaNet.anchorsOfLevels());
    AnchorTargets targets = new AnchorTargets(grid, retinaNet.coder());
    long[] labels = new long[grid.batch() * grid.size()];
    for (int i = 0; i < images.size(); i++) {
      GroundTruth truth = truths.get(i);
      Assignment assignment =
          assigner.assign(
              grid.boxes(), truth.boxes(), truth.ignored(), grid.on(images.get(i), multiple));
      int[] positives = assignment.positives();
      int[] objects = Arrays.stream(positives).map(assignment::truthOf).toArray();
      targets.add(positives, objects, new int[0], truth, Math.max(1, positives.length));
      long[] own = assignment.labels(truth.labels(), classes, SigmoidFocalLoss.IGNORED);
      System.arraycopy(own, 0, labels, i * grid.size(), own.length);
    }
    NDArray scores = grid.scores().reshape(labels.length, classes);
    Map<String, NDArray> parts = new LinkedHashMap<>();
    parts.put(CLASS_LOSS, focal.evaluate(scores, Picks.longs(scores, labels), targets.samples()));
    parts.put(
        BOX_LOSS,
        Picks.boxLoss(grid.deltas(), targets.positives(), targets.deltas(), targets.samples()));
    long[] rows = targets.positives();
    int[] wanted = Arrays.stream(rows).mapToInt(row -> (int) labels[(int) row]).toArray();
    return new DetectionLosses(parts, rows.length, Picks.recognised(scores, classes, rows, wanted));
  }
}
