package dev.visionmamba.backbones;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaConfig;
import dev.visionmamba.backbones.plainmamba.PlainMambaPyramid;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimConfig;
import dev.visionmamba.backbones.vim.VimPyramid;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backbone promises the heads, and the pyramid that is made of a plain one. */
class FeaturePyramidTest {
  private static final Map<String, Object> SMALL_VIM =
      Map.of("embed_dim", 32, "depth", 2, "img_size", 64);

  private static Stream<Backbone> backbones() {
    Map<String, Object> smallVmamba = Map.of("dims", 16, "depths", List.of(1, 1, 1, 1));
    return Stream.of(
        new OwnBackbone(8),
        new Vim(VimConfig.TINY.with(SMALL_VIM)),
        new SimpleFeaturePyramid(new Vim(VimConfig.TINY.with(SMALL_VIM)), 24),
        Backbones.create(
            "plainmamba_l1",
            Map.of("type", "PlainMambaAdapter", "embed_dims", 24, "num_layers", 4),
            Purpose.FEATURES),
        Backbones.create("vmamba_tiny_s1l8", smallVmamba, Purpose.FEATURES),
        Backbones.create("vanilla_vmamba_tiny", smallVmamba, Purpose.CLASSIFICATION));
  }

  private static NDArray initialized(Backbone backbone, NDManager manager, int side) {
    backbone.initialize(manager, DataType.FLOAT32, new Shape(1, 3, side, side));
    backbone.freezeParameters(true);
    return manager.randomNormal(new Shape(2, 3, side, side));
  }

  @Test
  void levelsShapesAndMapsAgree() {
    for (Backbone backbone : backbones().toList()) {
      try (NDManager manager = NDManager.newBaseManager()) {
        NDArray images = initialized(backbone, manager, 64);
        ParameterStore store = new ParameterStore(manager, false);
        FeaturePyramid pyramid = backbone.features(store, images, false, Probe.NONE);
        assertThat(pyramid.levels()).hasSameSizeAs(backbone.levels());
        Shape[] shapes = backbone.getOutputShapes(new Shape[] {images.getShape()});
        for (int i = 0; i < shapes.length; i++) {
          FeaturePyramid.Level level = pyramid.levels().get(i);
          assertThat(level.map().getShape()).isEqualTo(shapes[i]);
          assertThat(level.stride()).isEqualTo(backbone.levels().get(i).stride());
          assertThat(level.channels()).isEqualTo(backbone.levels().get(i).channels());
          assertThat(level.map().getShape().get(2)).isEqualTo(64 / level.stride());
        }
        NDList asBlock = backbone.forward(store, new NDList(images), false);
        assertThat(asBlock).hasSameSizeAs(pyramid.levels());
        assertThat(backbone.multiplyAdds(64, 64)).isPositive();
        assertThat(backbone.multiplyAdds(128, 128))
            .isBetween(3 * backbone.multiplyAdds(64, 64), 5 * backbone.multiplyAdds(64, 64));
      }
    }
  }

  @Test
  void anyBackboneHasAClassificationHead() {
    for (Backbone backbone : backbones().toList()) {
      try (NDManager manager = NDManager.newBaseManager()) {
        NDArray images = initialized(backbone, manager, 64);
        ClassificationHead head = backbone.classificationHead(7);
        head.initialize(manager, DataType.FLOAT32, new Shape(1));
        ParameterStore store = new ParameterStore(manager, false);
        NDList features = backbone.classificationFeatures(store, images, false, Probe.NONE);
        assertThat(head.scores(store, features, false).getShape()).isEqualTo(new Shape(2, 7));
        assertThat(head.stateDict(backbone).size())
            .isEqualTo(backbone.getParameters().size() + head.getParameters().size());
        assertThat(head.multiplyAdds()).isPositive();
      }
    }
  }

  /** One of each family, in each of the ways in which it shows its features. */
  private static Stream<Backbone> families() {
    Map<String, Object> deep = Map.of("embed_dim", 16, "depth", 4, "img_size", 64);
    Map<String, Object> merging =
        Map.of("dims", 8, "depths", List.of(2, 1), "downsample_version", "v1");
    Map<String, Object> some =
        Map.of("dims", 8, "depths", List.of(1, 1, 1), "out_indices", List.of(1));
    Map<String, Object> plain = Map.of("embed_dims", 24, "num_layers", 4);
    Map<String, Object> without =
        Map.of("embed_dim", 16, "depth", 4, "img_size", 64, "if_cls_token", false);
    return Stream.concat(
        backbones(),
        Stream.of(
            new Vim(VimConfig.TINY.with(deep)),
            new VimPyramid(new Vim(VimConfig.TINY.with(without))),
            Backbones.create("vanilla_vmamba_tiny", merging, Purpose.FEATURES),
            Backbones.create("vmamba_tiny_s1l8", some, Purpose.FEATURES),
            Backbones.create("plainmamba_l1", plain, Purpose.CLASSIFICATION),
            new PlainMambaPyramid(new PlainMamba(PlainMambaConfig.L1.with(plain))),
            Backbones.create("efficientvim_m1", Map.of(), Purpose.FEATURES)));
  }

  /** Nor does a scope around a prediction take anything away before it ends. */
  @ParameterizedTest
  @MethodSource("families")
  void predictionsLeaveNothingButTheirResults(Backbone backbone) {
    try (NDManager manager = NDManager.newBaseManager()) {
      backbone.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
      backbone.freezeParameters(true);
      int parameters = manager.getManagedArrays().size();
      for (boolean autograd : new boolean[] {false, true}) {
        try (NDManager each = manager.newSubManager();
            GradientMode mode = GradientMode.set(autograd)) {
          NDArray images = each.ones(new Shape(1, 3, 64, 64));
          ParameterStore store = new ParameterStore(each, false);
          List<NDArray> wanted = new ArrayList<>(List.of(images));
          wanted.addAll(backbone.features(store, images, false, Probe.NONE).maps());
          assertThat(each.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
          wanted.addAll(backbone.classificationFeatures(store, images, false, Probe.NONE));
          assertThat(each.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
          try (NDScope scope = new NDScope()) {
            NDList maps = backbone.features(store, images, false, Probe.NONE).maps();
            assertThat(maps.head().sum().getFloat()).isFinite();
            assertThat(each.getManagedArrays()).containsAll(maps);
          }
          assertThat(each.getManagedArrays()).containsExactlyInAnyOrderElementsOf(wanted);
        }
        assertThat(manager.getManagedArrays()).hasSize(parameters);
      }
    }
  }

  /** Outside training a gradient of the images can be asked for, too. */
  @ParameterizedTest
  @MethodSource("families")
  void imagesGetTheirGradientInPrediction(Backbone backbone) {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode on = GradientMode.set(true)) {
      backbone.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
      backbone.freezeParameters(true);
      NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
      images.setRequiresGradient(true);
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        ParameterStore store = new ParameterStore(manager, false);
        NDArray map = backbone.features(store, images, false, Probe.NONE).maps().head();
        collector.backward(map.mul(map.duplicate()).sum());
      }
      assertThat(images.getGradient().abs().sum().getFloat()).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyFamilyComputesInDoublePrecision(Backbone backbone) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Shape shape = new Shape(1, 3, 64, 64);
      backbone.initialize(manager, DataType.FLOAT64, shape);
      backbone.freezeParameters(true);
      assertThat(backbone.getParameters().values())
          .allSatisfy(p -> assertThat(p.getArray().getDataType()).isEqualTo(DataType.FLOAT64));
      ParameterStore store = new ParameterStore(manager, false);
      NDArray images = manager.ones(shape, DataType.FLOAT64);
      for (NDArray map : backbone.features(store, images, false, Probe.NONE).maps()) {
        assertThat(map.getDataType()).isEqualTo(DataType.FLOAT64);
        assertThat(map.sum().toDoubleArray()[0]).isFinite();
      }
    }
  }

  @Test
  void stagesAreFrozenFromTheStemOn() {
    OwnBackbone backbone = new OwnBackbone(4);
    backbone.freezeStages(-1);
    assertThat(trainable(backbone)).isEqualTo(6);
    backbone.freezeStages(1);
    assertThat(trainable(backbone)).isEqualTo(2);
    assertThat(backbone.getParameters().get("stage2.weight").requiresGradient()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> backbone.freezeStages(3))
        .withMessage("there are 2 stages, so 3 cannot be frozen");
  }

  private static long trainable(NamedBlock block) {
    return block.getParameters().values().stream().filter(Parameter::requiresGradient).count();
  }

  @Test
  void aSimplePyramidHasThePublishedNames() {
    Backbone pyramid = new SimpleFeaturePyramid(new Vim(VimConfig.TINY.with(SMALL_VIM)), 24);
    assertThat(pyramid.getParameters().keys().stream().filter(name -> !name.startsWith("net.")))
        .containsExactly(
            "simfp_2.0.weight",
            "simfp_2.0.bias",
            "simfp_2.1.weight",
            "simfp_2.1.bias",
            "simfp_2.3.weight",
            "simfp_2.3.bias",
            "simfp_2.4.weight",
            "simfp_2.4.norm.weight",
            "simfp_2.4.norm.bias",
            "simfp_2.5.weight",
            "simfp_2.5.norm.weight",
            "simfp_2.5.norm.bias",
            "simfp_3.0.weight",
            "simfp_3.0.bias",
            "simfp_3.1.weight",
            "simfp_3.1.norm.weight",
            "simfp_3.1.norm.bias",
            "simfp_3.2.weight",
            "simfp_3.2.norm.weight",
            "simfp_3.2.norm.bias",
            "simfp_4.0.weight",
            "simfp_4.0.norm.weight",
            "simfp_4.0.norm.bias",
            "simfp_4.1.weight",
            "simfp_4.1.norm.weight",
            "simfp_4.1.norm.bias",
            "simfp_5.1.weight",
            "simfp_5.1.norm.weight",
            "simfp_5.1.norm.bias",
            "simfp_5.2.weight",
            "simfp_5.2.norm.weight",
            "simfp_5.2.norm.bias");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SimpleFeaturePyramid(new OwnBackbone(8), 24))
        .withMessageContaining("has 3 already");
  }

  @Test
  void aTransposedConvolutionSpreadsEachPixelOverFour() {
    try (NDManager manager = NDManager.newBaseManager()) {
      ConvTranspose2x2 layer = new ConvTranspose2x2(3, 5);
      layer.initialize(manager, DataType.FLOAT32, new Shape(1));
      NDArray x = manager.randomNormal(new Shape(2, 4, 6, 3));
      float[] got = layer.forward(new ParameterStore(manager, false), x, false).toFloatArray();
      NDArray weight = layer.getParameters().get("weight").getArray();
      float[] bias = layer.getParameters().get("bias").getArray().toFloatArray();
      for (int i = 0; i < got.length; i++) {
        int out = i % 5;
        int column = i / 5 % 12;
        int row = i / 60 % 8;
        int image = i / 480;
        double want = bias[out];
        for (int in = 0; in < 3; in++) {
          want +=
              x.getFloat(image, row / 2, column / 2, in)
                  * weight.getFloat(in, out, row % 2, column % 2);
        }
        assertThat((double) got[i]).isCloseTo(want, within(1e-5));
      }
    }
  }

  @Test
  void aPyramidFreezesItsBackbonesTokensToo() {
    Backbone pyramid = new SimpleFeaturePyramid(new Vim(VimConfig.TINY.with(SMALL_VIM)), 24);
    pyramid.freezeParameters(false);
    pyramid.freezeStages(0);
    Map<String, Parameter> parameters = pyramid.getParameters().toMap();
    assertThat(parameters.get("net.pos_embed").requiresGradient()).isFalse();
    assertThat(parameters.get("net.patch_embed.proj.weight").requiresGradient()).isFalse();
    assertThat(parameters.get("net.layers.0.norm.weight").requiresGradient()).isTrue();
    assertThat(parameters.get("simfp_2.0.weight").requiresGradient()).isTrue();
  }

  @Test
  void whatAPyramidAddsLiesBehindItsBackbone() {
    Backbone pyramid = new SimpleFeaturePyramid(new Vim(VimConfig.TINY.with(SMALL_VIM)), 24);
    Map<String, Parameter> parameters = pyramid.getParameters().toMap();
    Map<String, Integer> depths = pyramid.depths();
    assertThat(pyramid.layerCount()).isEqualTo(2);
    assertThat(depths.get(parameters.get("net.pos_embed").getId())).isZero();
    assertThat(depths.get(parameters.get("net.layers.1.norm.weight").getId())).isEqualTo(2);
    assertThat(depths.get(parameters.get("simfp_2.0.weight").getId())).isEqualTo(3);
    assertThat(depths).hasSameSizeAs(parameters.values());
  }

  @Test
  void aPyramidResizesItsBackbonesPositionEmbedding() throws Exception {
    try (NDManager manager = NDManager.newBaseManager()) {
      Backbone pyramid = new SimpleFeaturePyramid(new Vim(VimConfig.TINY.with(SMALL_VIM)), 24);
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      pyramid
          .getParameters()
          .forEach(p -> tensors.put(p.getKey(), manager.ones(p.getValue().getShape())));
      tensors.put("net.pos_embed", manager.ones(new Shape(1, 1 + 3 * 3, 32)));
      StateDict.load(pyramid, tensors, manager);
      NDArray resized = pyramid.getParameters().get("net.pos_embed").getArray();
      assertThat(resized.getShape()).isEqualTo(new Shape(1, 1 + 4 * 4, 32));
      for (float value : resized.toFloatArray()) {
        assertThat(value).isCloseTo(1f, within(1e-6f));
      }
    }
  }
}
