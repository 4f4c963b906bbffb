package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.Prediction;
import dev.visionmamba.heads.layers.Levels;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A backbone with a decode head: images in, a score for each class at each pixel of the finest map
 * out. Its parameters have the names and the order of OpenMMLab's state dicts: {@code backbone},
 * {@code neck}, {@code decode_head}, {@code auxiliary_head}.
 *
 * <p>As a DJL block it gives the scores, (B, classes, h, w), and in a training step those of the
 * auxiliary head after them, if there is one. {@link SegmentationInference} brings the scores to
 * the size of the image.
 */
public final class Segmenter extends NamedBlock {
  private static final float DROPOUT = 0.1f;

  private final Backbone backbone;
  private final Neck neck;
  private final DecodeHead head;
  private final DecodeHead auxiliary;

  /**
   * A network with uninitialised parameters.
   *
   * @param backbone the backbone
   * @param neck what the backbone's maps pass first; null for none
   * @param head reads the neck's levels, or the backbone's
   * @param auxiliary a head for training beside the other, which reads the same; null for none
   * @throws IllegalArgumentException if one part does not read what the one before gives, or the
   *     heads know different numbers of classes
   */
  public Segmenter(Backbone backbone, Neck neck, DecodeHead head, DecodeHead auxiliary) {
    List<LevelShape> levels = backbone.levels();
    if (neck != null) {
      Levels.requireFit("neck", neck.inputs(), levels);
      levels = neck.levels();
    }
    Levels.requireFit("decode_head", head.inputs(), levels);
    this.backbone = child("backbone", backbone);
    this.neck = neck == null ? null : child("neck", neck);
    this.head = child("decode_head", head);
    this.auxiliary = auxiliary == null ? null : child("auxiliary_head", auxiliary);
    if (auxiliary != null) {
      Levels.requireFit("auxiliary_head", auxiliary.inputs(), levels);
      if (auxiliary.classes() != head.classes()) {
        throw new IllegalArgumentException(
            String.format(
                "num_classes is %d in decode_head but %d in auxiliary_head",
                head.classes(), auxiliary.classes()));
      }
    }
  }

  /**
   * UPerNet as published with VMamba, Vim and PlainMamba, its auxiliary head included.
   *
   * @param backbone of four levels
   * @param channels of the head; 512 with VMamba and PlainMamba, the embedding's width with Vim
   * @param auxiliaryIndex the map that the auxiliary head reads; 2 with VMamba and Vim, 3 with
   *     PlainMamba
   * @param classes how many classes; 150 in ADE20K
   * @return a network with uninitialised parameters
   * @throws IllegalArgumentException if a number is out of range
   */
  public static Segmenter upernet(
      Backbone backbone, int channels, int auxiliaryIndex, int classes) {
    List<LevelShape> levels = backbone.levels();
    return new Segmenter(
        backbone,
        null,
        new UPerHead(levels, channels, classes, DROPOUT),
        new FcnHead(levels, auxiliaryIndex, 256, 1, false, classes, DROPOUT));
  }

  /**
   * Semantic FPN as published with EfficientViM: a feature pyramid network of 256 channels and four
   * levels, and a head of 128.
   *
   * @param backbone of at most four levels
   * @param classes how many classes; 150 in ADE20K
   * @return a network with uninitialised parameters
   * @throws IllegalArgumentException if the backbone has more levels
   */
  public static Segmenter semanticFpn(Backbone backbone, int classes) {
    Neck neck = new Fpn(backbone.levels(), FpnConfig.of(256, 4));
    DecodeHead head = new SemanticFpnHead(neck.levels(), 128, classes, DROPOUT);
    return new Segmenter(backbone, neck, head, null);
  }

  /**
   * Scores before softmax, at the size of the finest map. Where the whole backbone is frozen, a
   * training step runs it as in prediction, unless the images require gradients. In prediction
   * nothing else is left to the images' manager.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param training whether this is a training step; if not, nothing is recorded for gradients
   * @return (B, classes, h, w)
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    return scores(store, images, training, false, Probe.NONE).head();
  }

  /**
   * Scores before softmax, with a look inside.
   *
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @param probe sees the backbone's and the head's intermediate results
   * @return (B, classes, h, w) of the decode head and, if there is one, of the auxiliary head, at
   *     the size of its map
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public NDList inspect(ParameterStore store, NDArray images, Probe probe) {
    return scores(store, images, false, auxiliary != null, probe);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    boolean both = training && auxiliary != null;
    return scores(store, inputs.singletonOrThrow(), training, both, Probe.NONE);
  }

  private NDList scores(
      ParameterStore store, NDArray images, boolean training, boolean both, Probe probe) {
    Probe seen = probe.in(images.getManager());
    try (GradientMode mode = GradientMode.set(training && GradientMode.isOn())) {
      return Prediction.run(
          images,
          training,
          borrowed -> {
            FeaturePyramid pyramid = pyramid(store, borrowed, training, seen);
            NDList scores = new NDList(head.scores(store, pyramid.maps(), training, seen));
            if (both) {
              scores.add(auxiliary.scores(store, pyramid.maps(), training, Probe.NONE));
            }
            return scores;
          },
          scores -> scores);
    }
  }

  /** What the heads read. */
  private FeaturePyramid pyramid(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    FeaturePyramid pyramid = features(store, images, training, probe);
    if (neck == null) {
      return pyramid;
    }
    FeaturePyramid merged = neck.forward(store, pyramid, training);
    if (!training) {
      pyramid.maps().close(); // nothing will read them; in training, the graph may
    }
    return merged;
  }

  /** The backbone's maps. A backbone that learns nothing computes as in prediction. */
  private FeaturePyramid features(
      ParameterStore store, NDArray images, boolean training, Probe probe) {
    boolean learns = training && (images.hasGradient() || learns(backbone));
    try (GradientMode mode = GradientMode.set(learns && GradientMode.isOn())) {
      return new FeaturePyramid(
          backbone.features(store, images, learns, probe).levels().stream()
              .map(level -> new FeaturePyramid.Level(Tape.cut(level.map()), level.stride()))
              .toList());
    }
  }

  private static boolean learns(NamedBlock block) {
    return block.getParameters().values().stream().anyMatch(Parameter::requiresGradient);
  }

  /** The backbone's tensors, by the backbone's names. */
  @Override
  public void adapt(Map<String, NDArray> tensors) {
    String prefix = "backbone.";
    Map<String, NDArray> own = new HashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            own.put(name.substring(prefix.length()), tensor);
          }
        });
    backbone.adapt(own);
    own.forEach((name, tensor) -> tensors.put(prefix + name, tensor));
  }

  /**
   * The backbone.
   *
   * @return it
   */
  public Backbone backbone() {
    return backbone;
  }

  /**
   * What stands between the backbone and the heads.
   *
   * @return empty if nothing does
   */
  public Optional<Neck> neck() {
    return Optional.ofNullable(neck);
  }

  /**
   * The head.
   *
   * @return it
   */
  public DecodeHead head() {
    return head;
  }

  /**
   * The head that is used in training alone.
   *
   * @return empty if there is none
   */
  public Optional<DecodeHead> auxiliaryHead() {
    return Optional.ofNullable(auxiliary);
  }

  /**
   * How many classes.
   *
   * @return at least 1
   */
  public int classes() {
    return head.classes();
  }

  /**
   * What one image costs in prediction, where the auxiliary head is left out: one multiply-add is
   * one operation, as the papers count.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @return multiply-adds
   */
  public long multiplyAdds(int height, int width) {
    Shape images = new Shape(1, backbone.imageChannels(), height, width);
    Shape[] maps = backbone.getOutputShapes(new Shape[] {images});
    long cost = backbone.multiplyAdds(height, width);
    if (neck != null) {
      cost += neck.multiplyAdds(maps);
      maps = neck.getOutputShapes(maps);
    }
    return cost + head.multiplyAdds(maps);
  }

  /** The scores' shape alone, as in prediction. */
  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape[] maps = backbone.getOutputShapes(inputShapes);
    return head.getOutputShapes(neck == null ? maps : neck.getOutputShapes(maps));
  }
}
