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
public final class MaskRcnn extends TwoStageHead {
  private final MaskRcnnConfig config;
  private final RpnHead rpnHead;
  private final RoiHead roiHead;
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
    super(
        config.channels(),
        config.strides(),
        anchors(config),
        BoxCoder.ofDeviations(1, 1, 1, 1),
        config.strides().stream().limit(config.strides().size() - 1L).mapToInt(i -> i).toArray(),
        RoiLevels.mmdetection(config.strides().size() - 1));
    this.config = config;
    this.rpnHead = child("rpn_head", new RpnHead(config.channels(), anchors()));
    this.roiHead = child("roi_head", new RoiHead(config));
  }

  private static List<Anchors> anchors(MaskRcnnConfig config) {
    float[] scales = new float[config.anchorScales().size()];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = config.anchorScales().get(i);
    }
    return config.strides().stream()
        .map(stride -> Anchors.ofRatiosAndScales(stride, RATIOS, scales))
        .toList();
  }

  @Override
  public List<LevelPrediction> predict(ParameterStore store, List<NDArray> maps, boolean training) {
    return rpnHead.predict(store, maps, training);
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

  @Override
  public NDArray masks(ParameterStore store, NDArray features, boolean training) {
    return roiHead.maskHead.forward(store, features, training);
  }

  @Override
  List<Detections> detectAt(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<float[]> regions,
      DetectionOptions options) {
    List<Selection> selections = selections(store, maps, images, regions, options.selection());
    List<float[]> found = new ArrayList<>(); // in the network's input again
    for (int i = 0; i < images.size(); i++) {
      ImageFrame frame = images.get(i);
      found.add(Boxes.scale(selections.get(i).boxes(), frame.scaleX(), frame.scaleY()));
    }
    float[][][] masks =
        options.masks() ? masks(store, maps, found, selections) : new float[images.size()][0][];
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

  /**
   * The shape of this head.
   *
   * @return the configuration
   */
  public MaskRcnnConfig config() {
    return config;
  }

  /** From regions to objects. */
  BoxCoder regionCoder() {
    return regionCoder;
  }

  @Override
  ProposalConfig proposalConfig() {
    return config.proposals();
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
}
