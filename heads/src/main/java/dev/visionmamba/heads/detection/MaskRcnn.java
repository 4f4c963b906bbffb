package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.heads.ops.RoiAlign;
import dev.visionmamba.heads.ops.RoiExtractor;
import dev.visionmamba.heads.ops.RoiLevels;
import dev.visionmamba.heads.ops.Rois;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Mask R-CNN (He et al. 2017, arXiv:1703.06870) over a feature pyramid: regions are proposed, each
 * gets a class and a box, and each object that is kept a mask. Parameters are named as in
 * mmdetection: {@code rpn_head}, {@code roi_head.bbox_head} and {@code roi_head.mask_head}.
 */
public final class MaskRcnn extends DetectionHead {
  private static final float[] RATIOS = {0.5f, 1f, 2f};
  private static final int BOX_BINS = 7;
  private static final int MASK_BINS = 14;

  private final MaskRcnnConfig config;
  private final RpnHead rpnHead;
  private final RoiHead roiHead;
  private final List<Anchors> anchors;
  private final RoiExtractor boxExtractor;
  private final RoiExtractor maskExtractor;
  private final BoxCoder anchorCoder = BoxCoder.ofDeviations(1, 1, 1, 1);
  private final BoxCoder regionCoder = BoxCoder.ofDeviations(0.1, 0.1, 0.2, 0.2);

  /** The heads of regions, under their common name. */
  private static final class RoiHead extends NamedBlock {
    private final BoxHead boxHead;
    private final MaskHead maskHead;

    RoiHead(MaskRcnnConfig config) {
      this.boxHead =
          child(
              "bbox_head",
              new BoxHead(config.channels(), BOX_BINS, config.classes(), config.boxHead()));
      this.maskHead =
          child(
              "mask_head",
              new MaskHead(
                  config.channels(),
                  config.maskChannels(),
                  config.maskConvolutions(),
                  config.classes()));
    }

    /** What the box head says of (n, 7, 7, C). */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return boxHead.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return boxHead.getOutputShapes(inputShapes);
    }
  }

  /**
   * A head with uninitialised parameters.
   *
   * @param config its shape
   */
  public MaskRcnn(MaskRcnnConfig config) {
    super(config.channels(), config.strides());
    this.config = config;
    float[] scales = new float[config.anchorScales().size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = config.anchorScales().get(i);
    }
    this.anchors =
        config.strides().stream()
            .map(stride -> Anchors.ofRatiosAndScales(stride, RATIOS, scales))
            .toList();
    this.rpnHead = child("rpn_head", new RpnHead(config.channels(), anchors()));
    this.roiHead = child("roi_head", new RoiHead(config));
    int levels = config.strides().size() - 1;
    int[] strides = config.strides().stream().limit(levels).mapToInt(i -> i).toArray();
    RoiLevels rule = RoiLevels.mmdetection(levels);
    this.boxExtractor = new RoiExtractor(RoiAlign.adaptive(BOX_BINS), strides, rule);
    this.maskExtractor = new RoiExtractor(RoiAlign.adaptive(MASK_BINS), strides, rule);
  }

  @Override
  public List<LevelPrediction> predict(ParameterStore store, List<NDArray> maps, boolean training) {
    return rpnHead.predict(store, maps, training);
  }

  /**
   * The regions that are looked at. Records nothing for gradients: a region is given, not computed,
   * for what comes after.
   *
   * @param predictions the dense predictions of each level
   * @param images one for each of the batch
   * @return those of each image
   * @throws IllegalArgumentException if scores or boxes are not finite
   */
  public List<Proposals> proposals(List<LevelPrediction> predictions, List<ImageFrame> images) {
    return proposals(predictions, images, config.proposals());
  }

  /** The same, with another choice of regions. */
  List<Proposals> proposals(
      List<LevelPrediction> predictions, List<ImageFrame> images, ProposalConfig which) {
    DenseOutputs outputs = new DenseOutputs(predictions, anchors, anchorCoder);
    List<Proposals> proposals = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      proposals.add(outputs.proposals(i, images.get(i), which));
    }
    return proposals;
  }

  /**
   * The features that the box head reads; differentiable.
   *
   * @param maps (B, H, W, C) of each level
   * @param rois n regions
   * @return (n, 7, 7, C)
   */
  public NDArray boxFeatures(List<NDArray> maps, Rois rois) {
    return boxExtractor.forward(maps, rois);
  }

  /**
   * Classes and boxes of regions; differentiable.
   *
   * @param store the parameter store
   * @param features (n, 7, 7, C), of at least one region
   * @param training whether this is a training step
   * @return the prediction
   */
  public BoxPrediction boxes(ParameterStore store, NDArray features, boolean training) {
    return roiHead.boxHead.predict(store, features, training);
  }

  /**
   * The features that the mask head reads; differentiable.
   *
   * @param maps (B, H, W, C) of each level
   * @param rois n regions
   * @return (n, 14, 14, C)
   */
  public NDArray maskFeatures(List<NDArray> maps, Rois rois) {
    return maskExtractor.forward(maps, rois);
  }

  /**
   * Masks of regions; differentiable.
   *
   * @param store the parameter store
   * @param features (n, 14, 14, C), of at least one region
   * @param training whether this is a training step
   * @return (n, 28, 28, classes) logits
   */
  public NDArray masks(ParameterStore store, NDArray features, boolean training) {
    return roiHead.maskHead.forward(store, features, training);
  }

  @Override
  List<Detections> detectIn(
      ParameterStore store, List<NDArray> maps, List<ImageFrame> images, DetectionOptions options) {
    List<Proposals> proposals;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      proposals = proposals(predict(store, maps, false), images);
    }
    List<float[]> regions = proposals.stream().map(Proposals::boxes).toList();
    return detectAt(store, maps, images, regions, options);
  }

  /** The objects at given regions of each image. */
  List<Detections> detectAt(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<float[]> regions,
      DetectionOptions options) {
    List<Selection> selections = selections(store, maps, images, regions, options.selection());
    float[][][] masks =
        options.masks() ? masks(store, maps, images, selections) : new float[images.size()][0][];
    List<Detections> detections = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      Selection selection = selections.get(i);
      detections.add(
          new Detections(selection.boxes(), selection.scores(), selection.labels(), masks[i]));
    }
    return detections;
  }

  /** What is kept of each image, its boxes in the original image. */
  private List<Selection> selections(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<float[]> regions,
      MulticlassNms nms) {
    float[] probabilities = new float[0];
    float[] deltas = new float[0];
    Rois rois = Rois.ofBatch(regions);
    if (rois.size() > 0) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        BoxPrediction prediction = boxes(store, boxFeatures(maps, rois), false);
        probabilities = prediction.scores().softmax(1).toFloatArray();
        deltas = prediction.deltas().toFloatArray();
      }
    }
    int columns = config.classes() + 1;
    int ways = config.classes() * Boxes.COORDINATES;
    List<Selection> selections = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < images.size(); i++) {
      int last = first + Boxes.count(regions.get(i));
      ImageFrame frame = images.get(i);
      float[] boxes =
          regionCoder.decode(regions.get(i), Arrays.copyOfRange(deltas, first * ways, last * ways));
      float[] clipped = Boxes.clip(boxes, frame.height(), frame.width());
      selections.add(
          nms.select(
              DenseOutputs.original(clipped, frame),
              Arrays.copyOfRange(probabilities, first * columns, last * columns),
              columns,
              config.classes()));
      first = last;
    }
    return selections;
  }

  private float[][][] masks(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<Selection> selections) {
    List<float[]> regions = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      ImageFrame frame = images.get(i);
      regions.add(Boxes.scale(selections.get(i).boxes(), frame.scaleX(), frame.scaleY()));
    }
    Rois rois = Rois.ofBatch(regions);
    if (rois.size() == 0) {
      return new float[images.size()][0][];
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray logits = masks(store, maskFeatures(maps, rois), false);
      return RegionOutputs.masks(logits, selections.stream().map(Selection::labels).toList());
    }
  }

  /**
   * The shape of this head.
   *
   * @return the configuration
   */
  public MaskRcnnConfig config() {
    return config;
  }

  /** The anchors of each level. */
  List<Anchors> anchorsOfLevels() {
    return anchors;
  }

  /** From anchors to objects. */
  BoxCoder anchorCoder() {
    return anchorCoder;
  }

  /** From regions to objects. */
  BoxCoder regionCoder() {
    return regionCoder;
  }

  /** Pixels along each side of a predicted mask. */
  int maskSide() {
    return 2 * MASK_BINS;
  }

  @Override
  public DetectionOptions options() {
    return new DetectionOptions(config.detections(), true);
  }

  @Override
  DenseHead dense() {
    return rpnHead;
  }

  @Override
  long regionMultiplyAdds() {
    return config.proposals().most() * roiHead.boxHead.multiplyAdds()
        + config.detections().most() * roiHead.maskHead.multiplyAdds(MASK_BINS);
  }

  @Override
  int anchors() {
    return RATIOS.length * config.anchorScales().size();
  }

  @Override
  int scoresOfAnchor() {
    return 1;
  }
}
