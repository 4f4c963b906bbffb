package dev.visionmamba.zoo;

import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.backbones.SimpleFeaturePyramid;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaPyramid;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimPyramid;
import dev.visionmamba.heads.detection.BoxHeadConfig;
import dev.visionmamba.heads.detection.CascadeRcnn;
import dev.visionmamba.heads.detection.CascadeRcnnConfig;
import dev.visionmamba.heads.detection.DetectionHead;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.detection.MaskRcnn;
import dev.visionmamba.heads.detection.MaskRcnnConfig;
import dev.visionmamba.heads.detection.ProposalConfig;
import dev.visionmamba.heads.detection.RetinaNet;
import dev.visionmamba.heads.detection.RetinaNetConfig;
import dev.visionmamba.heads.neck.EfficientViMFpn;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import dev.visionmamba.heads.neck.Neck;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.segmentation.FcnHead;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.heads.segmentation.SemanticFpnHead;
import dev.visionmamba.heads.segmentation.UPerHead;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Detectors and segmenters by their descriptions: a backbone, a neck and a head, put together. */
final class DenseNetworks {
  private static final float DROPOUT = 0.1f;
  private static final String FPN = "fpn";
  private static final String EFFICIENTVIM_FPN = "efficientvim_fpn";

  /** The segmenters' heads with their published arguments. */
  private static final Map<String, Map<String, Object>> DECODE_HEADS =
      Map.of(
          "semantic_fpn",
          Map.of("neck_channels", 256, "channels", 128),
          "upernet",
          Map.of("channels", 512, "auxiliary_index", 2, "auxiliary_channels", 256));

  private static final String MASK_RCNN = "mask_rcnn";
  private static final String CASCADE = "cascade_mask_rcnn";

  /** The detectors' heads with their published arguments. */
  private static final Map<String, Map<String, Object>> DETECTION_HEADS =
      Map.of(
          MASK_RCNN,
          Map.ofEntries(
              Map.entry("neck", FPN),
              Map.entry("neck_channels", 256),
              Map.entry("neck_norm", false),
              Map.entry("extra_levels", "max_pool"),
              Map.entry("strides", List.of(4, 8, 16, 32, 64)),
              Map.entry("anchor_scales", List.of(8)),
              Map.entry("proposals", 1000),
              Map.entry("box_convolutions", 0),
              Map.entry("box_linears", 2),
              Map.entry("fc_channels", 1024),
              Map.entry("mask_channels", 256),
              Map.entry("mask_convolutions", 4),
              Map.entry("score_threshold", 0.05),
              Map.entry("nms_threshold", 0.5),
              Map.entry("max_per_image", 100)),
          CASCADE,
          Map.of(
              "neck_channels", 256,
              "fc_channels", 1024,
              "proposals", 1000,
              "score_threshold", 0.05,
              "nms_threshold", 0.5,
              "max_per_image", 100),
          "retinanet",
          Map.ofEntries(
              Map.entry("neck", FPN),
              Map.entry("neck_channels", 256),
              Map.entry("neck_norm", false),
              Map.entry("extra_levels", "on_input"),
              Map.entry("strides", List.of(8, 16, 32, 64, 128)),
              Map.entry("anchor_scale", 4),
              Map.entry("scales_per_octave", 3),
              Map.entry("convolutions", 4),
              Map.entry("candidates", 1000),
              Map.entry("score_threshold", 0.05),
              Map.entry("nms_threshold", 0.5),
              Map.entry("max_per_image", 100)));

  private DenseNetworks() {}

  /**
   * A segmenter.
   *
   * @param description of a model with a segmenter's head
   * @return the network, with uninitialised parameters
   * @throws IllegalArgumentException if it describes none
   */
  static Segmenter segmenter(ModelDescription description) {
    ConstructorArguments head = head(description, DECODE_HEADS, "segmenter");
    Backbone backbone = maps(description);
    int classes = description.classes().size();
    int channels = head.integer("channels", 1);
    if (description.head().name().equals("upernet")) {
      List<LevelShape> levels = backbone.levels();
      int index = head.integer("auxiliary_index", 0);
      int width = head.integer("auxiliary_channels", 1);
      return new Segmenter(
          backbone,
          null,
          new UPerHead(levels, channels, classes, DROPOUT),
          new FcnHead(levels, index, width, 1, false, classes, DROPOUT));
    }
    Neck neck = new Fpn(backbone.levels(), FpnConfig.of(head.integer("neck_channels", 1), 4));
    return new Segmenter(
        backbone, neck, new SemanticFpnHead(neck.levels(), channels, classes, DROPOUT), null);
  }

  /**
   * A detector.
   *
   * @param description of a model with a detector's head
   * @return the network, with uninitialised parameters
   * @throws IllegalArgumentException if it describes none
   */
  static Detector detector(ModelDescription description) {
    ConstructorArguments head = head(description, DETECTION_HEADS, "detector");
    Backbone backbone = objects(description);
    int classes = description.classes().size();
    if (description.head().name().equals(CASCADE)) {
      return cascade(backbone, head, classes);
    }
    Neck neck = neck(backbone.levels(), head);
    boolean masks = description.head().name().equals(MASK_RCNN);
    return new Detector(backbone, neck, masks ? maskRcnn(head, classes) : retina(head, classes));
  }

  private static ConstructorArguments head(
      ModelDescription description, Map<String, Map<String, Object>> heads, String kind) {
    String name = description.head().name();
    Map<String, Object> published = heads.get(name);
    if (published == null) {
      throw new IllegalArgumentException(
          String.format(
              "%s has the head %s, which is no %s's; those are %s",
              description.name(), name, kind, String.join(", ", new TreeSet<>(heads.keySet()))));
    }
    return new ConstructorArguments(name, new TreeMap<>(published), description.head().arguments());
  }

  /** A backbone in the form in which segmenters read it. */
  private static Backbone maps(ModelDescription description) {
    Backbone backbone =
        Backbones.create(description.backbone(), description.arguments(), Purpose.FEATURES);
    if (backbone instanceof Vim vim) {
      return new VimPyramid(vim);
    }
    return backbone instanceof PlainMamba plain ? new PlainMambaPyramid(plain) : backbone;
  }

  /** A backbone in the form in which detectors read it: PlainMamba has an adapter there. */
  private static Backbone objects(ModelDescription description) {
    Map<String, Object> arguments = new HashMap<>(description.arguments());
    Backbones.find(description.backbone())
        .filter(entry -> entry.family().equals("PlainMamba"))
        .ifPresent(entry -> arguments.putIfAbsent("type", "PlainMambaAdapter"));
    return Backbones.create(description.backbone(), arguments, Purpose.FEATURES);
  }

  /** The neck whose levels have the strides that the head wants. */
  private static Neck neck(List<LevelShape> levels, ConstructorArguments head) {
    int channels = head.integer("neck_channels", 1);
    List<Integer> strides = head.integers("strides", 1);
    List<Integer> given = levels.stream().map(LevelShape::stride).toList();
    boolean finer = head.word("neck", List.of(FPN, EFFICIENTVIM_FPN)).equals(EFFICIENTVIM_FPN);
    // Where one list of strides begins in the other.
    int start =
        strides.isEmpty()
            ? -1
            : finer ? strides.indexOf(given.get(0)) : given.indexOf(strides.get(0));
    Neck neck = null;
    if (start >= 0 && finer) {
      neck = new EfficientViMFpn(levels, channels, start, strides.size());
    } else if (start >= 0 && strides.size() >= given.size() - start) {
      boolean norm = head.bool("neck_norm");
      neck =
          new Fpn(levels, new FpnConfig(channels, start, strides.size(), extraLevels(head), norm));
    }
    if (neck == null || !neck.levels().stream().map(LevelShape::stride).toList().equals(strides)) {
      throw new IllegalArgumentException(
          String.format(
              "the head's strides are %s, which no neck makes of the backbone's, %s: they must"
                  + " begin with one of those, go on with all after it, and double from there",
              strides, given));
    }
    return neck;
  }

  private static ExtraLevels extraLevels(ConstructorArguments head) {
    return switch (head.word("extra_levels", List.of("max_pool", "on_input", "on_output"))) {
      case "max_pool" -> ExtraLevels.MAX_POOL;
      case "on_input" -> ExtraLevels.ON_INPUT;
      default -> ExtraLevels.ON_OUTPUT;
    };
  }

  private static DetectionHead maskRcnn(ConstructorArguments head, int classes) {
    int channels = head.integer("neck_channels", 1);
    int proposals = head.integer("proposals", 1);
    return new MaskRcnn(
        new MaskRcnnConfig(
            channels,
            classes,
            head.integers("strides", 1),
            head.numbers("anchor_scales", 0).stream().map(Double::floatValue).toList(),
            new BoxHeadConfig(
                head.integer("box_convolutions", 0),
                channels,
                true,
                head.integer("box_linears", 1),
                head.integer("fc_channels", 1)),
            head.integer("mask_channels", 1),
            head.integer("mask_convolutions", 1),
            most(ProposalConfig.published(), proposals),
            detections(head)));
  }

  /** Over a simple pyramid of a plain backbone, as published with Vim, or the maps of another. */
  private static Detector cascade(Backbone backbone, ConstructorArguments head, int classes) {
    int channels = head.integer("neck_channels", 1);
    int proposals = head.integer("proposals", 1);
    CascadeRcnnConfig published = CascadeRcnnConfig.published(channels, classes, 1);
    DetectionHead cascade =
        new CascadeRcnn(
            new CascadeRcnnConfig(
                channels,
                classes,
                head.integer("fc_channels", 1),
                most(published.proposals(), proposals),
                detections(head)));
    if (backbone.levels().size() == 1) {
      return new Detector(new SimpleFeaturePyramid(backbone, channels), null, cascade);
    }
    return new Detector(backbone, new Fpn(backbone.levels(), FpnConfig.of(channels, 4)), cascade);
  }

  private static ProposalConfig most(ProposalConfig published, int proposals) {
    return new ProposalConfig(
        proposals,
        proposals,
        published.iouThreshold(),
        published.leastSide(),
        published.probabilities());
  }

  private static DetectionHead retina(ConstructorArguments head, int classes) {
    return new RetinaNet(
        new RetinaNetConfig(
            head.integer("neck_channels", 1),
            classes,
            head.integers("strides", 1),
            (float) head.number("anchor_scale", 0),
            head.integer("scales_per_octave", 1),
            head.integer("convolutions", 1),
            head.integer("candidates", 1),
            detections(head)));
  }

  private static MulticlassNms detections(ConstructorArguments head) {
    return new MulticlassNms(
        (float) head.number("score_threshold", 0),
        (float) head.number("nms_threshold", 0),
        head.integer("max_per_image", 1));
  }
}
