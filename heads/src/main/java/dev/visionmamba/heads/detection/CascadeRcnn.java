package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.heads.ops.RoiLevels;
import dev.visionmamba.heads.ops.Rois;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Cascade Mask R-CNN (Cai and Vasconcelos 2018, arXiv:1712.00726) as Vim's detector has it, in the
 * manner of ViTDet (Li et al. 2022, arXiv:2203.16527): three stages, each of which looks at the
 * boxes of the one before; scores are the mean of the three, boxes those of the last. Parameters
 * are named as in detectron2: {@code proposal_generator.rpn_head} and {@code roi_heads}.
 *
 * <p>It takes four levels of strides 4 to 32; a fifth, of every second pixel of the last, is made
 * for the proposals alone.
 */
public final class CascadeRcnn extends TwoStageHead {
  private static final int[] STRIDES = {4, 8, 16, 32};
  private static final int COARSEST = 64;

  /** The side of a level's square anchor, in strides. */
  private static final float ANCHOR_STRIDES = 8f;

  private final CascadeRcnnConfig config;
  private final ProposalGenerator proposalGenerator;
  private final CascadeRoiHeads roiHeads;

  /** Each stage trusts its boxes more than the one before. */
  private final List<BoxCoder> stageCoders =
      List.of(
          BoxCoder.ofWeights(10, 10, 5, 5),
          BoxCoder.ofWeights(20, 20, 10, 10),
          BoxCoder.ofWeights(30, 30, 15, 15));

  /** What proposes regions, under its published name. */
  private static final class ProposalGenerator extends NamedBlock {
    private final CascadeRpnHead head;

    ProposalGenerator(int channels, int anchors) {
      this.head = child("rpn_head", new CascadeRpnHead(channels, anchors));
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray map, boolean training) {
      return head.forward(store, map, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return head.getOutputShapes(inputShapes);
    }
  }

  /**
   * A head with uninitialised parameters.
   *
   * @param config its shape
   */
  public CascadeRcnn(CascadeRcnnConfig config) {
    super(
        config.channels(),
        Arrays.stream(STRIDES).boxed().toList(),
        IntStream.concat(Arrays.stream(STRIDES), IntStream.of(COARSEST))
            .mapToObj(CascadeRcnn::anchors)
            .toList(),
        BoxCoder.ofWeights(1, 1, 1, 1),
        STRIDES,
        RoiLevels.detectron2(STRIDES.length));
    this.config = config;
    this.proposalGenerator =
        child("proposal_generator", new ProposalGenerator(config.channels(), anchors()));
    this.roiHeads = child("roi_heads", new CascadeRoiHeads(config, stageCoders.size(), BOX_BINS));
  }

  private static Anchors anchors(int stride) {
    return Anchors.ofSizesAndRatios(stride, new float[] {ANCHOR_STRIDES * stride}, RATIOS);
  }

  /** One prediction for each level and one for the fifth. */
  @Override
  public List<LevelPrediction> predict(ParameterStore store, List<NDArray> maps, boolean training) {
    List<NDArray> levels = new ArrayList<>(maps);
    levels.add(maps.get(maps.size() - 1).get(":, ::2, ::2"));
    return proposalGenerator.head.predict(store, levels, training);
  }

  /**
   * Classes and boxes of regions; differentiable.
   *
   * @param store the parameter store
   * @param stage of the cascade, from 0 to 2
   * @param features (n, 7, 7, C), of at least one region
   * @param training whether this is a training step
   * @return the prediction; all classes share a box
   */
  public BoxPrediction boxes(ParameterStore store, int stage, NDArray features, boolean training) {
    return roiHeads.boxes(store, stage, features, training);
  }

  @Override
  public NDArray masks(ParameterStore store, NDArray features, boolean training) {
    return roiHeads.masks(store, features, training);
  }

  /** Regions of all images, and their scores so far. */
  private record Regions(float[] boxes, int[] images, float[] scores) {}

  @Override
  List<Detections> detectAt(
      ParameterStore store,
      List<NDArray> maps,
      List<ImageFrame> images,
      List<float[]> proposed,
      DetectionOptions options) {
    Rois rois = Rois.ofBatch(proposed);
    int columns = config.classes() + 1;
    Regions regions = new Regions(rois.boxes(), rois.images(), new float[rois.size() * columns]);
    for (int stage = 0; stage < stageCoders.size() && rois.size() > 0; stage++) {
      regions = refine(store, stage, maps, images, regions);
    }
    List<Selection> selections = new ArrayList<>();
    int first = 0;
    for (float[] of : proposed) {
      int last = first + Boxes.count(of);
      selections.add(
          options
              .selection()
              .select(
                  Arrays.copyOfRange(regions.boxes, first * 4, last * 4),
                  Arrays.copyOfRange(regions.scores, first * columns, last * columns),
                  columns,
                  config.classes()));
      first = last;
    }
    List<float[]> found = selections.stream().map(Selection::boxes).toList();
    float[][][] masks =
        options.masks() ? masks(store, maps, found, selections) : new float[images.size()][0][];
    List<Detections> detections = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      Selection selection = selections.get(i);
      detections.add(
          new Detections(
              DenseOutputs.original(selection.boxes(), images.get(i)),
              selection.scores(),
              selection.labels(),
              masks[i]));
    }
    return detections;
  }

  /** A stage: the regions' new boxes, clipped to their images, and its share of the scores. */
  private Regions refine(
      ParameterStore store,
      int stage,
      List<NDArray> maps,
      List<ImageFrame> images,
      Regions regions) {
    float[] probabilities;
    float[] deltas;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray features = boxFeatures(maps, new Rois(regions.boxes, regions.images));
      BoxPrediction prediction = boxes(store, stage, features, false);
      probabilities = prediction.scores().softmax(1).toFloatArray();
      deltas = prediction.deltas().toFloatArray();
    }
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = regions.scores[i] + probabilities[i] / stageCoders.size();
    }
    float[] boxes = stageCoders.get(stage).decode(regions.boxes, deltas);
    for (int i = 0; i < regions.images.length; i++) {
      ImageFrame frame = images.get(regions.images[i]);
      float[] box = Arrays.copyOfRange(boxes, 4 * i, 4 * i + 4);
      System.arraycopy(Boxes.clip(box, frame.height(), frame.width()), 0, boxes, 4 * i, 4);
    }
    return new Regions(boxes, regions.images, probabilities);
  }

  /**
   * The shape of this head.
   *
   * @return the configuration
   */
  public CascadeRcnnConfig config() {
    return config;
  }

  @Override
  List<Shape> sizes(List<Shape> maps) {
    List<Shape> sizes = new ArrayList<>(maps);
    Shape last = maps.get(maps.size() - 1);
    sizes.add(new Shape((last.get(0) + 1) / 2, (last.get(1) + 1) / 2));
    return sizes;
  }

  /** Ranked by logits. */
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
    return proposalGenerator.head;
  }

  @Override
  long regionMultiplyAdds() {
    return config.proposals().most() * roiHeads.boxMultiplyAdds()
        + config.detections().most() * roiHeads.maskMultiplyAdds(MASK_BINS);
  }
}
