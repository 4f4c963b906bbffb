package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.BoxCoder;
import java.util.ArrayList;
import java.util.List;

/**
 * RetinaNet (Lin et al. 2017, arXiv:1708.02002) over a feature pyramid: classes and boxes at every
 * place of every level, nine anchors each as published. Its parameters are those of mmdetection's
 * {@code bbox_head}.
 */
public final class RetinaNet extends DetectionHead {
  private static final float[] RATIOS = {0.5f, 1f, 2f};

  private final RetinaNetConfig config;
  private final RetinaHead head;
  private final List<Anchors> anchors;
  private final BoxCoder coder = BoxCoder.ofDeviations(1, 1, 1, 1);

  /**
   * A head with uninitialised parameters.
   *
   * @param config its shape
   */
  public RetinaNet(RetinaNetConfig config) {
    super(config.channels(), config.strides());
    this.config = config;
    this.anchors =
        config.strides().stream()
            .map(
                stride ->
                    Anchors.ofOctaves(
                        stride, RATIOS, config.anchorScale(), config.scalesPerOctave()))
            .toList();
    this.head =
        child(
            "bbox_head",
            new RetinaHead(config.channels(), config.convolutions(), anchors(), config.classes()));
  }

  @Override
  public List<LevelPrediction> predict(ParameterStore store, List<NDArray> maps, boolean training) {
    return head.predict(store, maps, training);
  }

  @Override
  List<Detections> detectIn(
      ParameterStore store, List<NDArray> maps, List<ImageFrame> images, DetectionOptions options) {
    DenseOutputs outputs = outputs(store, maps);
    List<Detections> detections = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      detections.add(
          outputs.detections(i, images.get(i), config.mostOfLevel(), options.selection()));
    }
    return detections;
  }

  private DenseOutputs outputs(ParameterStore store, List<NDArray> maps) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return new DenseOutputs(predict(store, maps, false), anchors, coder);
    }
  }

  /**
   * The shape of this head.
   *
   * @return the configuration
   */
  public RetinaNetConfig config() {
    return config;
  }

  /** The anchors of each level. */
  List<Anchors> anchorsOfLevels() {
    return anchors;
  }

  /** From anchors to objects. */
  BoxCoder coder() {
    return coder;
  }

  @Override
  public DetectionOptions options() {
    return new DetectionOptions(config.detections(), false);
  }

  @Override
  DenseHead dense() {
    return head;
  }

  @Override
  int anchors() {
    return RATIOS.length * config.scalesPerOctave();
  }

  @Override
  int scoresOfAnchor() {
    return config.classes();
  }
}
