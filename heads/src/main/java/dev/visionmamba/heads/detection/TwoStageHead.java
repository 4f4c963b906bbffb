package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.heads.ops.RoiAlign;
import dev.visionmamba.heads.ops.RoiExtractor;
import dev.visionmamba.heads.ops.RoiLevels;
import dev.visionmamba.heads.ops.Rois;
import java.util.ArrayList;
import java.util.List;

/**
 * What proposes regions where there may be objects, and then looks at each of them (Ren et al.
 * 2015, arXiv:1506.01497): what Mask R-CNN and its cascade have in common.
 */
public abstract class TwoStageHead extends DetectionHead {
  /** Heights by widths of the anchors at a place. */
  static final float[] RATIOS = {0.5f, 1f, 2f};

  /** Bins along each side of a region for the box head. */
  static final int BOX_BINS = 7;

  /** Bins along each side of a region for the mask head. */
  static final int MASK_BINS = 14;

  private final List<Anchors> anchors;
  private final BoxCoder anchorCoder;
  private final RoiExtractor boxExtractor;
  private final RoiExtractor maskExtractor;

  /**
   * For subclasses.
   *
   * @param channels of every level
   * @param strides of the levels that the head is given
   * @param anchors of each level that regions are proposed from
   * @param anchorCoder from anchors to objects
   * @param regionStrides of the levels that regions are looked up in, the first of those given
   * @param rule which of them a region is looked up in
   */
  TwoStageHead(
      int channels,
      List<Integer> strides,
      List<Anchors> anchors,
      BoxCoder anchorCoder,
      int[] regionStrides,
      RoiLevels rule) {
    super(channels, strides);
    this.anchors = List.copyOf(anchors);
    this.anchorCoder = anchorCoder;
    this.boxExtractor = new RoiExtractor(RoiAlign.adaptive(BOX_BINS), regionStrides, rule);
    this.maskExtractor = new RoiExtractor(RoiAlign.adaptive(MASK_BINS), regionStrides, rule);
  }

  /** Which regions are looked at if nothing else is asked for. */
  abstract ProposalConfig proposalConfig();

  /**
   * The regions that are looked at. Records nothing for gradients: a region is given, not computed,
   * for what comes after.
   *
   * @param predictions the dense predictions of each level
   * @param images one for each of the batch
   * @return those of each image
   * @throws IllegalArgumentException if scores or boxes are not finite
   */
  public final List<Proposals> proposals(
      List<LevelPrediction> predictions, List<ImageFrame> images) {
    return proposals(predictions, images, proposalConfig());
  }

  /** The same, with another choice of regions. */
  final List<Proposals> proposals(
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
  public final NDArray boxFeatures(List<NDArray> maps, Rois rois) {
    return boxExtractor.forward(maps, rois);
  }

  /**
   * The features that the mask head reads; differentiable.
   *
   * @param maps (B, H, W, C) of each level
   * @param rois n regions
   * @return (n, 14, 14, C)
   */
  public final NDArray maskFeatures(List<NDArray> maps, Rois rois) {
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
  public abstract NDArray masks(ParameterStore store, NDArray features, boolean training);

  @Override
  final List<Detections> detectIn(
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
  abstract List<Detections> detectAt(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<float[]> regions,
      DetectionOptions options);

  /**
   * The masks of what is kept, each for its own class.
   *
   * @param regions of each image, in the network's input
   * @param selections of each image, as many
   * @return of each image, the probabilities of each
   */
  final float[][][] masks(
      ParameterStore store, List<NDArray> maps, List<float[]> regions, List<Selection> selections) {
    Rois rois = Rois.ofBatch(regions);
    if (rois.size() == 0) {
      return new float[regions.size()][0][];
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray logits = masks(store, maskFeatures(maps, rois), false);
      return RegionOutputs.masks(logits, selections.stream().map(Selection::labels).toList());
    }
  }

  /** The anchors of each level that regions are proposed from. */
  final List<Anchors> anchorsOfLevels() {
    return anchors;
  }

  /** From anchors to objects. */
  final BoxCoder anchorCoder() {
    return anchorCoder;
  }

  /** Pixels along each side of a predicted mask. */
  final int maskSide() {
    return 2 * MASK_BINS;
  }

  @Override
  final int anchors() {
    return anchors.get(0).perPlace();
  }

  @Override
  final int scoresOfAnchor() {
    return 1;
  }
}
