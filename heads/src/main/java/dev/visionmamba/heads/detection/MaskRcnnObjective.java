package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.assign.Assignment;
import dev.visionmamba.heads.assign.MaxIoUAssigner;
import dev.visionmamba.heads.assign.RandomSampler;
import dev.visionmamba.heads.assign.Sample;
import dev.visionmamba.heads.losses.BinaryCrossEntropyLoss;
import dev.visionmamba.heads.losses.CrossEntropyLoss;
import dev.visionmamba.heads.losses.MaskLoss;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.Rois;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;

/**
 * What Mask R-CNN learns (He et al. 2017, arXiv:1703.06870, section 3.1; Ren et al. 2015,
 * arXiv:1506.01497, section 3.1.2), its two stages at once, as mmdetection has it:
 *
 * <ul>
 *   <li>of some anchors of each image whether there is an object, by binary cross-entropy, and of
 *       those on objects the box, by the L1 distance of encoded boxes; both sums are divided by the
 *       number of anchors drawn;
 *   <li>of some regions, drawn from what is proposed now and from the true boxes, the class, by
 *       cross-entropy, and of those on objects the box of that class; both sums are divided by the
 *       number of regions drawn;
 *   <li>of the regions on objects whose mask is known the mask of their class, by the mean binary
 *       cross-entropy over pixels.
 * </ul>
 *
 * @param anchorAssigner says which anchors lie on objects
 * @param anchorSampler draws the anchors that are looked at
 * @param proposals which regions are proposed in training
 * @param regionAssigner says which regions lie on objects
 * @param regionSampler draws the regions that are looked at
 * @param multiple to which each image is padded before its batch is, at least 1: anchors beyond
 *     learn nothing
 */
public record MaskRcnnObjective(
    MaxIoUAssigner anchorAssigner,
    RandomSampler anchorSampler,
    ProposalConfig proposals,
    MaxIoUAssigner regionAssigner,
    RandomSampler regionSampler,
    int multiple)
    implements DetectionObjective {

  /**
   * Checks that nothing is missing.
   *
   * @throws IllegalArgumentException if the multiple is below 1
   */
  public MaskRcnnObjective {
    Objects.requireNonNull(anchorAssigner, "anchorAssigner");
    Objects.requireNonNull(anchorSampler, "anchorSampler");
    Objects.requireNonNull(proposals, "proposals");
    Objects.requireNonNull(regionAssigner, "regionAssigner");
    Objects.requireNonNull(regionSampler, "regionSampler");
    Picks.requireMultiple(multiple);
  }

  /** The loss of whether anchors hold objects. */
  public static final String ANCHOR_CLASS_LOSS = "loss_rpn_cls";

  /** The loss of the anchors' boxes. */
  public static final String ANCHOR_BOX_LOSS = "loss_rpn_bbox";

  /** The loss of the regions' classes. */
  public static final String CLASS_LOSS = "loss_cls";

  /** The loss of the regions' boxes. */
  public static final String BOX_LOSS = "loss_bbox";

  /** The loss of the regions' masks. */
  public static final String MASK_LOSS = "loss_mask";

  private static final BinaryCrossEntropyLoss OBJECTNESS = new BinaryCrossEntropyLoss();
  private static final CrossEntropyLoss CLASSES = new CrossEntropyLoss(CLASS_LOSS);
  private static final MaskLoss MASKS = new MaskLoss();

  /**
   * As published, by mmdetection's settings: 256 anchors and 512 regions of an image. Ignored boxes
   * count as background.
   *
   * @return the objective
   */
  public static MaskRcnnObjective published() {
    return new MaskRcnnObjective(
        MaxIoUAssigner.RPN,
        RandomSampler.RPN,
        new ProposalConfig(2000, 1000, 0.7f, 0f, true),
        MaxIoUAssigner.MASK_RCNN,
        RandomSampler.RCNN,
        32);
  }

  /**
   * The published objective with fewer samples, for small images with few objects.
   *
   * @param anchors that are drawn of an image, at least 1; 256 as published
   * @param regions that are drawn of an image, at least 1; 512 as published
   * @param proposed how many regions are proposed of an image at most, and twice as many of a level
   *     go into suppression, at least 1; 1000 as published
   * @return the objective
   * @throws IllegalArgumentException if a number is below 1
   */
  public static MaskRcnnObjective ofSamples(int anchors, int regions, int proposed) {
    MaskRcnnObjective published = published();
    ProposalConfig proposals = published.proposals;
    return new MaskRcnnObjective(
        published.anchorAssigner,
        new RandomSampler(anchors, published.anchorSampler.positiveFraction(), -1, false),
        new ProposalConfig(
            Math.multiplyExact(2, proposed),
            proposed,
            proposals.iouThreshold(),
            proposals.leastSide(),
            proposals.probabilities()),
        published.regionAssigner,
        new RandomSampler(regions, published.regionSampler.positiveFraction(), -1, true),
        published.multiple);
  }

  @Override
  public void requireFit(DetectionHead head) {
    Picks.requireHead(head, MaskRcnn.class);
  }

  @Override
  public DetectionLosses evaluate(
      DetectionHead head,
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<GroundTruth> truths,
      List<? extends RandomGenerator> randoms) {
    MaskRcnn maskRcnn = Picks.requireHead(head, MaskRcnn.class);
    int classes = maskRcnn.config().classes();
    head.requireMaps(maps);
    Picks.requireFit(maps.get(0), images.size(), truths, randoms.size(), classes);
    List<NDArray> levels = head.channelLast(maps);
    List<LevelPrediction> predictions = head.predict(store, levels, true);
    Map<String, NDArray> parts = new LinkedHashMap<>();
    anchorLosses(maskRcnn, predictions, images, truths, randoms, parts);
    List<Proposals> proposed;
    try (GradientMode off = GradientMode.off()) {
      proposed = maskRcnn.proposals(predictions, images, proposals);
    }
    RegionTargets regions = new RegionTargets(maskRcnn.regionCoder(), maskRcnn.maskSide());
    for (int i = 0; i < images.size(); i++) {
      float[] boxes = proposed.get(i).boxes();
      GroundTruth truth = truths.get(i);
      Assignment assignment = regionAssigner.assign(boxes, truth.boxes(), truth.ignored(), null);
      Sample sample = regionSampler.sample(assignment, randoms.get(i));
      regions.add(
          regionSampler.addTruths() ? Boxes.concat(truth.boxes(), boxes) : boxes,
          sample,
          truth,
          images.get(i),
          classes);
    }
    int recognised = regionLosses(maskRcnn, store, levels, images, regions, parts);
    maskLoss(maskRcnn, store, levels, images, regions, parts);
    return new DetectionLosses(parts, regions.positives().length, recognised);
  }

  private void anchorLosses(
      MaskRcnn head,
      List<LevelPrediction> predictions,
      List<ImageFrame> images,
      List<GroundTruth> truths,
      List<? extends RandomGenerator> randoms,
      Map<String, NDArray> parts) {
    AnchorGrid grid = new AnchorGrid(predictions, head.anchorsOfLevels());
    AnchorTargets targets = new AnchorTargets(grid, head.anchorCoder());
    for (int i = 0; i < images.size(); i++) {
      GroundTruth truth = truths.get(i);
      Assignment assignment =
          anchorAssigner.assign(
              grid.boxes(), truth.boxes(), truth.ignored(), grid.on(images.get(i), multiple));
      Sample sample = anchorSampler.sample(assignment, randoms.get(i));
      int[] positives = sample.positives();
      int[] negatives = sample.negatives();
      targets.add(
          positives,
          sample.truths(),
          negatives,
          truth,
          Math.max(1, positives.length) + Math.max(1, negatives.length));
    }
    long[] positives = targets.positives();
    long[] sampled = targets.sampled();
    float[] wanted = new float[sampled.length];
    Arrays.fill(wanted, 0, positives.length, 1);
    NDArray logits = Picks.of(grid.scores(), sampled);
    parts.put(
        ANCHOR_CLASS_LOSS,
        OBJECTNESS.evaluate(
            logits,
            Picks.floats(logits, wanted, new Shape(wanted.length)),
            null,
            targets.samples()));
    parts.put(
        ANCHOR_BOX_LOSS,
        Picks.boxLoss(grid.deltas(), positives, targets.deltas(), targets.samples()));
  }

  /** How many of the regions on objects are recognised. */
  private static int regionLosses(
      MaskRcnn head,
      ParameterStore store,
      List<NDArray> levels,
      List<ImageFrame> images,
      RegionTargets regions,
      Map<String, NDArray> parts) {
    int classes = head.config().classes();
    Rois rois = regions.rois();
    if (rois.size() == 0) {
      BoxPrediction unused =
          head.boxes(store, head.boxFeatures(levels, whole(images.get(0))), true);
      parts.put(CLASS_LOSS, Picks.nothing(unused.scores()));
      parts.put(BOX_LOSS, Picks.nothing(unused.deltas()));
      return 0;
    }
    BoxPrediction prediction = head.boxes(store, head.boxFeatures(levels, rois), true);
    NDArray labels = Picks.longs(prediction.scores(), regions.labels());
    parts.put(CLASS_LOSS, CLASSES.evaluate(prediction.scores(), labels, null, rois.size()));
    int[] positives = regions.positives();
    int[] own = regions.positiveLabels();
    long[] rows = new long[positives.length]; // of four deltas, one for each region and class
    Arrays.setAll(rows, i -> (long) positives[i] * classes + own[i]);
    parts.put(BOX_LOSS, Picks.boxLoss(prediction.deltas(), rows, regions.deltas(), rois.size()));
    return Picks.recognised(
        prediction.scores(), classes + 1, Arrays.stream(positives).asLongStream().toArray(), own);
  }

  private static void maskLoss(
      MaskRcnn head,
      ParameterStore store,
      List<NDArray> levels,
      List<ImageFrame> images,
      RegionTargets regions,
      Map<String, NDArray> parts) {
    Rois rois = regions.maskRois();
    boolean none = rois.size() == 0;
    Rois read = none ? whole(images.get(0)) : rois;
    NDArray logits = head.masks(store, head.maskFeatures(levels, read), true); // (P, 28, 28, K)
    if (none) {
      parts.put(MASK_LOSS, Picks.nothing(logits));
      return;
    }
    NDArray labels = Picks.longs(logits, regions.maskLabels());
    Shape shape = new Shape(rois.size(), head.maskSide(), head.maskSide());
    NDArray targets = Picks.floats(logits, regions.masks(), shape);
    parts.put(MASK_LOSS, MASKS.evaluate(logits.transpose(0, 3, 1, 2), labels, targets));
  }

  /** A region to run a head on that has nothing to learn, so that its parameters have gradients. */
  private static Rois whole(ImageFrame image) {
    return Rois.ofOneImage(new float[] {0, 0, image.width(), image.height()});
  }
}
