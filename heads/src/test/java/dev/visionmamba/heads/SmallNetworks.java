package dev.visionmamba.heads;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.SimpleFeaturePyramid;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.detection.BoxHeadConfig;
import dev.visionmamba.heads.detection.CascadeRcnn;
import dev.visionmamba.heads.detection.CascadeRcnnConfig;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.detection.MaskRcnn;
import dev.visionmamba.heads.detection.MaskRcnnConfig;
import dev.visionmamba.heads.detection.RetinaNet;
import dev.visionmamba.heads.detection.RetinaNetConfig;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.segmentation.Segmenter;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Small networks of every kind and family, with weights that are the same each time. */
final class SmallNetworks {
  private SmallNetworks() {}

  /**
   * A network.
   *
   * @param name for messages
   * @param network makes it, with uninitialised parameters
   * @param images that it takes
   */
  record Small(String name, Supplier<NamedBlock> network, Shape images) {
    @Override
    public String toString() {
      return name;
    }

    /** The network with weights from a seed; of its products the inputs' variance is kept. */
    NamedBlock filled(NDManager manager) {
      NamedBlock block = network.get();
      Random random = new Random(4);
      for (Parameter parameter : block.getParameters().values()) {
        Shape shape = parameter.getShape();
        String of = parameter.getName();
        boolean vector = shape.dimension() == 1 || shape.get(0) == 1;
        double bound = vector ? 0.3 : Math.sqrt(3.0 / (shape.size() / shape.get(0)));
        boolean scale = of.equals("running_var") || (of.equals("weight") && vector);
        float offset = scale ? 1 : 0;
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
          values[i] = offset + (float) ((random.nextDouble() * 2 - 1) * bound);
        }
        parameter.setInitializer(
            (owner, wanted, type) -> {
              NDArray array = owner.create(wanted, DataType.FLOAT32);
              array.set(values);
              return array;
            });
      }
      block.initialize(manager, DataType.FLOAT32, images);
      block.freezeParameters(true);
      return block;
    }
  }

  static Stream<Small> classifiers() {
    Map<String, Object> vmamba = Map.of("dims", 16, "depths", List.of(2, 2, 1, 1));
    Map<String, Object> plain =
        Map.of("img_size", List.of(64, 48), "patch_size", 8, "embed_dims", 24, "num_layers", 4);
    Map<String, Object> vim =
        Map.of("img_size", List.of(64, 48), "embed_dim", 32, "depth", 4, "d_state", 8);
    Shape images = new Shape(2, 3, 64, 48);
    return Stream.of(
        classifier("vmamba_tiny_s1l8", vmamba, images),
        classifier("vanilla_vmamba_tiny", vmamba, images),
        classifier("vim_tiny", vim, images),
        classifier("plainmamba_l1", plain, images),
        classifier("efficientvim_m1", Map.of(), new Shape(2, 3, 96, 64)));
  }

  private static Small classifier(String name, Map<String, Object> arguments, Shape images) {
    return new Small(name, () -> Classifier.create(name, arguments), images);
  }

  private static Backbone vmamba() {
    return Backbones.create(
        "vmamba_tiny_s1l8", Map.of("dims", 8, "depths", List.of(1, 1, 1, 1)), Purpose.FEATURES);
  }

  static Stream<Small> segmenters() {
    Shape images = new Shape(1, 3, 64, 96);
    return Stream.of(
        new Small("upernet", () -> Segmenter.upernet(vmamba(), 12, 2, 4), images),
        new Small(
            "semantic_fpn",
            () ->
                Segmenter.semanticFpn(
                    Backbones.create("efficientvim_m1", Map.of(), Purpose.FEATURES), 4),
            images),
        new Small(
            "plainmamba_adapter",
            () ->
                Segmenter.upernet(
                    Backbones.create(
                        "plainmamba_l1",
                        Map.of("type", "PlainMambaAdapter", "embed_dims", 24, "num_layers", 4),
                        Purpose.FEATURES),
                    12,
                    3,
                    4),
            images));
  }

  static Stream<Small> detectors() {
    Shape images = new Shape(1, 3, 64, 96);
    return Stream.of(
        new Small(
            "mask_rcnn",
            () -> {
              Backbone backbone = vmamba();
              return new Detector(
                  backbone,
                  new Fpn(backbone.levels(), FpnConfig.of(8, 5)),
                  new MaskRcnn(MaskRcnnConfig.published(8, 3, BoxHeadConfig.twoLinears(12))));
            },
            images),
        new Small(
            "retinanet",
            () -> {
              Backbone backbone = vmamba();
              return new Detector(
                  backbone,
                  new Fpn(backbone.levels(), FpnConfig.retina(8)),
                  new RetinaNet(RetinaNetConfig.published(8, 3)));
            },
            images),
        new Small(
            "cascade_rcnn",
            () -> {
              Backbone vim =
                  Backbones.create(
                      "vim_tiny",
                      Map.of(
                          "img_size", List.of(64, 96), "embed_dim", 16, "depth", 2, "d_state", 4),
                      Purpose.FEATURES);
              return new Detector(
                  new SimpleFeaturePyramid(vim, 8),
                  null,
                  new CascadeRcnn(CascadeRcnnConfig.published(8, 3, 12)));
            },
            images));
  }

  static Stream<Small> restorers() {
    Map<String, Object> frame = Map.of("embed_dim", 30, "depths", List.of(1, 2), "d_state", 3);
    Map<String, Object> second =
        Map.of(
            "embed_dim",
            12,
            "depths",
            List.of(2),
            "num_heads",
            List.of(2),
            "window_size",
            4,
            "num_tokens",
            5);
    Map<String, Object> unet =
        Map.of("dim", 30, "num_blocks", List.of(1, 1, 1, 1), "num_refinement_blocks", 1);
    Shape images = new Shape(1, 3, 40, 24);
    return Stream.of(
        restorer("mambair_light_x2", frame, images),
        restorer("mambair_realdn", unet, images),
        restorer("mambairv2_light_x3", second, images));
  }

  private static Small restorer(String name, Map<String, Object> arguments, Shape images) {
    return new Small(name, () -> Restorers.create(name, arguments), images);
  }
}
