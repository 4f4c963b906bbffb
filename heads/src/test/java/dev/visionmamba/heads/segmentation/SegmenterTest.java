package dev.visionmamba.heads.segmentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaPyramid;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimPyramid;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole segmenters: shapes of any size, what they refuse, weights, and inference. */
class SegmenterTest {
  private static final int CLASSES = 5;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    manager.getEngine().setRandomSeed(4);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private ParameterStore store() {
    return new ParameterStore(manager, false);
  }

  private static Backbone vmamba() {
    return Backbones.create(
        "vmamba_tiny_s1l8", Map.of("dims", 16, "depths", List.of(1, 1, 1, 1)), Purpose.FEATURES);
  }

  private static Backbone efficientVim() {
    return Backbones.create("efficientvim_m1", Map.of(), Purpose.FEATURES);
  }

  private static Segmenter upernet() {
    Backbone backbone = vmamba();
    List<LevelShape> levels = backbone.levels();
    return new Segmenter(
        backbone,
        null,
        new UPerHead(levels, 12, CLASSES, 0.1f),
        new FcnHead(levels, 2, 8, 1, false, CLASSES, 0.1f));
  }

  private Segmenter ready(Segmenter network) {
    network.initialize(manager, DataType.FLOAT32, new Shape(1, 3, 64, 64));
    network.freezeParameters(true);
    return network;
  }

  /** Deep levels shrink to a pixel; odd sides round up. */
  @ParameterizedTest
  @CsvSource({"64, 64", "97, 149", "33, 20", "32, 5", "1, 1"})
  void anySizeGivesScoresOfItsFinestMap(int height, int width) {
    Segmenter network = ready(upernet());
    NDArray images = manager.randomNormal(new Shape(2, 3, height, width));
    NDArray scores = network.forward(store(), images, false);
    assertThat(scores.getShape())
        .isEqualTo(new Shape(2, CLASSES, (height + 3) / 4, (width + 3) / 4))
        .isEqualTo(network.getOutputShapes(new Shape[] {images.getShape()})[0]);
    assertFinite(scores);
  }

  @ParameterizedTest
  @CsvSource({"64, 96", "65, 40"})
  void semanticFpnTakesThreeLevels(int height, int width) {
    Segmenter network = ready(Segmenter.semanticFpn(efficientVim(), CLASSES));
    NDArray images = manager.randomNormal(new Shape(2, 3, height, width));
    NDArray scores = network.forward(store(), images, false);
    assertThat(scores.getShape())
        .isEqualTo(network.getOutputShapes(new Shape[] {images.getShape()})[0]);
    assertFinite(scores);
    assertThat(network.neck().orElseThrow().levels())
        .extracting(LevelShape::stride)
        .containsExactly(16, 32, 64, 128);
  }

  private static void assertFinite(NDArray scores) {
    float[] values = scores.toFloatArray();
    assertThat(IntStream.range(0, values.length).allMatch(i -> Float.isFinite(values[i]))).isTrue();
  }

  @Test
  void imagesOfABatchAreIndependent() {
    Segmenter network = ready(upernet());
    NDArray images = manager.randomNormal(new Shape(3, 3, 45, 38));
    NDArray together = network.forward(store(), images, false);
    for (int i = 0; i < 3; i++) {
      NDArray alone = network.forward(store(), images.get(i + ":" + (i + 1)), false);
      assertThat(alone.toFloatArray())
          .containsExactly(together.get(i).toFloatArray(), within(1e-5f));
    }
  }

  @Test
  void foldedNormsChangeNothing() {
    for (Segmenter network : List.of(upernet(), Segmenter.semanticFpn(efficientVim(), 3))) {
      ready(network);
      NDArray images = manager.randomNormal(new Shape(1, 3, 64, 64));
      StateDict.of(network)
          .forEach(
              (name, array) -> {
                if (name.endsWith("bn.running_var") || name.endsWith("bn.weight")) {
                  array.addi(manager.randomUniform(0f, 1f, array.getShape()));
                } else if (name.endsWith("bn.running_mean") || name.endsWith("bn.bias")) {
                  array.addi(manager.randomUniform(-0.2f, 0.2f, array.getShape()));
                }
              });
      float[] before = network.forward(store(), images, false).toFloatArray();
      network.foldNorms();
      float largest = 0;
      for (float score : before) {
        largest = Math.max(largest, Math.abs(score));
      }
      assertThat(network.forward(store(), images, false).toFloatArray())
          .containsExactly(before, within(3e-5f * largest));
    }
  }

  @Test
  void smallImagesAreRefusedByVimsPyramid() {
    Segmenter network = ready(vim());
    assertThatThrownBy(() -> network.forward(store(), manager.ones(new Shape(1, 3, 16, 32)), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least 2x2 patches")
        .hasMessageContaining("1x2");
  }

  private static Segmenter vim() {
    Backbone net =
        Backbones.create(
            "vim_tiny",
            Map.of("embed_dim", 24, "depth", 4, "img_size", 64, "if_cls_token", false),
            Purpose.FEATURES);
    return Segmenter.upernet(new VimPyramid((Vim) net), 24, 2, CLASSES);
  }

  @ParameterizedTest
  @CsvSource({"64, 64", "48, 80"})
  void vimsLevelsAreMadeOfItsMixers(int height, int width) {
    Backbone net =
        Backbones.create(
            "vim_tiny",
            Map.of("embed_dim", 24, "depth", 8, "img_size", 64, "if_cls_token", false),
            Purpose.FEATURES);
    VimPyramid pyramid = new VimPyramid((Vim) net);
    Shape shape = new Shape(2, 3, height, width);
    pyramid.initialize(manager, DataType.FLOAT32, shape);
    NDArray images = manager.randomNormal(shape);
    Map<String, float[]> seen = new HashMap<>();
    List<NDArray> maps =
        pyramid
            .features(
                store(),
                images,
                false,
                (name, value) -> {
                  if (name.endsWith("mixer")) {
                    seen.put(name, value.transpose(0, 2, 1).toFloatArray());
                  }
                })
            .maps();
    assertThat(new NDList(maps).getShapes())
        .isEqualTo(pyramid.getOutputShapes(new Shape[] {shape}));
    assertThat(pyramid.levels()).extracting(LevelShape::stride).containsExactly(4, 8, 16, 32);
    assertThat(maps.get(2).toFloatArray()).isEqualTo(seen.get("block5.mixer"));
    // The coarsest map has the largest of every 2x2 patches of the last mixer's.
    float[] last = seen.get("block7.mixer");
    int h = height / 16;
    int w = width / 16;
    float[] coarse = maps.get(3).toFloatArray();
    for (int i = 0; i < coarse.length; i++) {
      int x = i % (w / 2) * 2;
      int y = i / (w / 2) % (h / 2) * 2;
      int at = (i / (w / 2) / (h / 2) * h + y) * w + x;
      float top = Math.max(last[at], last[at + 1]);
      assertThat(coarse[i]).isEqualTo(Math.max(top, Math.max(last[at + w], last[at + w + 1])));
    }
    // Both transposed convolutions see one pixel at a time.
    NDArray weight = StateDict.of(pyramid).get("fpn2.0.weight").duplicate(); // (in, out, 2, 2)
    NDArray bias = StateDict.of(pyramid).get("fpn2.0.bias").duplicate();
    NDArray map = manager.create(seen.get("block3.mixer"), new Shape(2, 24, h, w));
    NDArray want = map.get(":, :, 1, 1").matMul(weight.get(":, :, 0, 1")).add(bias); // (B, out)
    assertThat(maps.get(1).get(":, :, 2, 3").toFloatArray())
        .containsExactly(want.toFloatArray(), within(1e-5f));
    List<String> names = pyramid.getParameters().keys();
    assertThat(names)
        .contains("pos_embed", "layers.7.norm.weight", "norm_f.weight")
        .endsWith(
            "fpn1.0.weight",
            "fpn1.0.bias",
            "fpn1.1.weight",
            "fpn1.1.bias",
            "fpn1.1.running_mean",
            "fpn1.1.running_var",
            "fpn1.3.weight",
            "fpn1.3.bias",
            "fpn2.0.weight",
            "fpn2.0.bias");
    assertThat(names).doesNotHaveDuplicates().noneMatch(name -> name.startsWith("net."));
  }

  @Test
  void plainMambasLevelsAreFourDepths() {
    PlainMambaPyramid pyramid = new PlainMambaPyramid(plainMamba(8));
    Shape shape = new Shape(2, 3, 40, 56);
    pyramid.initialize(manager, DataType.FLOAT32, shape);
    Map<String, NDArray> weights = StateDict.of(pyramid);
    for (int i = 1; i < 7; i += 2) {
      weights.get("norm_layer" + i + ".weight").muli(1f + i);
    }
    NDArray images = manager.randomNormal(shape);
    Map<String, NDArray> seen = new HashMap<>();
    List<NDArray> maps =
        pyramid
            .features(store(), images, false, (name, value) -> seen.put(name, copy(value)))
            .maps();
    assertThat(new NDList(maps).getShapes())
        .isEqualTo(pyramid.getOutputShapes(new Shape[] {shape}));
    for (int level = 0; level < 3; level++) {
      int layer = 2 * level + 1;
      NDArray tokens = seen.get("block" + layer); // (B, L, C)
      NDArray mean = tokens.mean(new int[] {2}, true);
      NDArray variance = tokens.sub(mean).square().mean(new int[] {2}, true);
      NDArray want = tokens.sub(mean).div(variance.add(1e-6f).sqrt()).mul(1f + layer);
      assertThat(flat(maps.get(level))).containsExactly(want.toFloatArray(), within(1e-4f));
    }
    assertThat(flat(maps.get(3))).isEqualTo(seen.get("final").toFloatArray());
    assertThat(pyramid.getParameters().keys())
        .startsWith("pos_embed", "patch_embed.stem.0.weight")
        .endsWith(
            "ln1.weight",
            "ln1.bias",
            "norm_layer1.weight",
            "norm_layer1.bias",
            "norm_layer3.weight",
            "norm_layer3.bias",
            "norm_layer5.weight",
            "norm_layer5.bias");
  }

  private NDArray copy(NDArray value) {
    return manager.create(value.toFloatArray(), value.getShape());
  }

  private static float[] flat(NDArray map) {
    return map.transpose(0, 2, 3, 1).toFloatArray();
  }

  private static PlainMamba plainMamba(int layers) {
    return (PlainMamba)
        Backbones.create(
            "plainmamba_l1",
            Map.of(
                "img_size",
                32,
                "patch_size",
                8,
                "embed_dims",
                24,
                "num_layers",
                layers,
                "layer_cfgs",
                Map.of("mamba_cfg", Map.of("d_state", 4, "conv_size", 3))),
            Purpose.FEATURES);
  }

  @Test
  void backbonesThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> new PlainMambaPyramid(plainMamba(3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_layers is 3");
    Vim classTokens = (Vim) Backbones.create("vim_tiny");
    assertThatThrownBy(() -> new VimPyramid(classTokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no class tokens");
  }

  /** The published sizes: parameters without the auxiliary head's, and costs at 512x2048. */
  @Test
  void publishedSegmentersHaveThePublishedSizes() {
    Segmenter tiny = Segmenter.upernet(Backbones.create("vmamba_tiny_s1l8"), 512, 2, 150);
    assertThat(tiny.parameterCount()).isBetween(61_500_000L, 62_500_000L);
    assertThat(tiny.multiplyAdds(512, 2048)).isBetween(930_000_000_000L, 960_000_000_000L);
    Segmenter base = Segmenter.upernet(Backbones.create("vmamba_base_s2l15"), 512, 2, 150);
    assertThat(base.parameterCount()).isBetween(121_500_000L, 122_500_000L);
    assertThat(base.multiplyAdds(512, 2048)).isBetween(1_150_000_000_000L, 1_190_000_000_000L);
  }

  @Test
  void plainMambasSegmentersHaveThePublishedSizes() {
    Map<String, Integer> millions =
        Map.of("plainmamba_l1", 35, "plainmamba_l2", 55, "plainmamba_l3", 81);
    millions.forEach(
        (name, count) -> {
          PlainMamba net = (PlainMamba) Backbones.create(name);
          Segmenter network = Segmenter.upernet(new PlainMambaPyramid(net), 512, 3, 150);
          assertThat(network.parameterCount() / 1_000_000).as(name).isEqualTo((long) count);
        });
  }

  @Test
  void partsThatDoNotFitAreRefused() {
    Backbone backbone = vmamba();
    List<LevelShape> levels = backbone.levels();
    DecodeHead head = new UPerHead(levels, 8, CLASSES, 0f);
    assertThatThrownBy(() -> new Segmenter(efficientVim(), null, head, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("decode_head reads the levels");
    assertThatThrownBy(
            () -> new Segmenter(backbone, null, head, new FcnHead(levels, 2, 8, 1, false, 7, 0f)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_classes is 5 in decode_head but 7");
    assertThatThrownBy(() -> new UPerHead(levels, 8, 0, 0f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_classes");
    assertThatThrownBy(() -> new UPerHead(levels, 8, 3, 1f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("dropout_ratio");
    assertThatThrownBy(() -> new UPerHead(levels.subList(0, 1), 8, 3, 0f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least two maps");
    assertThatThrownBy(() -> new FcnHead(levels, 4, 8, 1, false, 3, 0f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("in_index must be one of 4 maps");
    List<LevelShape> uneven = List.of(new LevelShape(8, 4), new LevelShape(8, 12));
    assertThatThrownBy(() -> new SemanticFpnHead(uneven, 8, 3, 0f))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[4, 12]");
    assertThatThrownBy(
            () ->
                head.scores(store(), new NDList(manager.ones(new Shape(1, 3, 4, 4))), false, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(1, 3, 4, 4)");
    assertThatThrownBy(
            () -> ready(upernet()).forward(store(), manager.ones(new Shape(1, 1, 8, 8)), false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("(1, 1, 8, 8)");
  }

  @Test
  void loadingIsStrict() throws Exception {
    Map<String, NDArray> tensors = new LinkedHashMap<>(StateDict.of(ready(upernet())));
    tensors.put("decode_head.bottleneck.bn.num_batches_tracked", manager.create(3L));
    Segmenter network = upernet();
    StateDict.load(network, tensors, manager);
    assertThat(network.getParameters().keys())
        .startsWith("backbone.patch_embed.0.weight")
        .contains("backbone.outnorm3.bias", "decode_head.psp_modules.3.1.bn.running_var")
        .endsWith("auxiliary_head.convs.0.bn.running_var");
    tensors.put("decode_head.extra", manager.ones(new Shape(1)));
    tensors.remove("auxiliary_head.conv_seg.bias");
    assertThatThrownBy(() -> StateDict.load(upernet(), tensors, manager))
        .isInstanceOf(MalformedModelException.class)
        .hasMessageContaining("decode_head.extra")
        .hasMessageContaining("auxiliary_head.conv_seg.bias");
  }

  /** A position embedding stored for another grid, under the backbone's prefix. */
  @Test
  void positionEmbeddingsAreResizedOnLoading() throws Exception {
    Segmenter drawn = ready(vim());
    Map<String, NDArray> tensors = new LinkedHashMap<>(StateDict.of(drawn));
    tensors.put("backbone.pos_embed", manager.ones(new Shape(1, 36, 24)));
    Segmenter network = vim();
    StateDict.load(network, tensors, manager);
    NDArray resized = StateDict.of(network).get("backbone.pos_embed");
    assertThat(resized.getShape()).isEqualTo(new Shape(1, 16, 24));
    assertThat(resized.toFloatArray()).containsOnly(new float[] {1f}, within(1e-5f));
  }

  @Test
  void aTrainingStepGivesTheAuxiliaryScoresToo() {
    Segmenter network = ready(upernet());
    NDList images = new NDList(manager.randomNormal(new Shape(2, 3, 64, 48)));
    assertThat(network.forward(store(), images, false)).hasSize(1);
    assertThat(network.forward(store(), images, true).getShapes())
        .containsExactly(new Shape(2, CLASSES, 16, 12), new Shape(2, CLASSES, 4, 3));
  }

  /** A last layer that hands its channels on shows which of them a training step drops. */
  @Test
  void aTrainingStepDropsWholeChannels() {
    List<LevelShape> levels = List.of(new LevelShape(3, 4));
    int channels = 40;
    DecodeHead plain = new FcnHead(levels, 0, channels, 1, false, channels, 0f);
    DecodeHead dropping = new FcnHead(levels, 0, channels, 1, false, channels, 0.75f);
    plain.initialize(manager, DataType.FLOAT32, new Shape(2, 3, 5, 6));
    dropping.initialize(manager, DataType.FLOAT32, new Shape(2, 3, 5, 6));
    NDArray identity = manager.eye(channels).reshape(channels, channels, 1, 1);
    identity.copyTo(StateDict.of(plain).get("conv_seg.weight"));
    StateDict.of(plain).forEach((name, array) -> array.copyTo(StateDict.of(dropping).get(name)));
    NDArray map = manager.randomNormal(new Shape(2, 3, 5, 6));
    NDArray kept = plain.forward(store(), map, true);
    NDArray dropped = dropping.forward(store(), map, true);
    int none = 0;
    for (int image = 0; image < 2; image++) {
      for (int c = 0; c < channels; c++) {
        NDArray channel = dropped.get(image, c);
        boolean zero = channel.abs().sum().getFloat() == 0;
        none += zero ? 1 : 0;
        float scale = zero ? 0f : 4f;
        assertThat(channel.toFloatArray())
            .containsExactly(kept.get(image, c).mul(scale).toFloatArray(), within(1e-5f));
      }
    }
    assertThat(none).isBetween(45, 75); // of 80, a mean of 60
    assertThat(dropping.forward(store(), map, false).toFloatArray())
        .isEqualTo(dropping.forward(store(), map, false).toFloatArray());
  }

  @Test
  void aWindowLargerThanTheImageIsTheImage() {
    Segmenter network = ready(upernet());
    NDArray images = manager.randomNormal(new Shape(2, 3, 40, 50));
    NDArray whole = SegmentationInference.whole().scores(network, store(), images);
    NDArray slid = SegmentationInference.slide(512, 512, 341, 341).scores(network, store(), images);
    assertThat(slid).isEqualTo(whole);
    // Wider than the window, but not so high.
    NDArray wide = SegmentationInference.slide(64, 32, 64, 18).scores(network, store(), images);
    assertThat(wide.getShape()).isEqualTo(new Shape(2, CLASSES, 40, 50));
    NDArray left = SegmentationInference.whole().scores(network, store(), part(images, 0, 32));
    NDArray right = SegmentationInference.whole().scores(network, store(), part(images, 18, 50));
    assertThat(part(wide, 0, 18).toFloatArray())
        .containsExactly(part(left, 0, 18).toFloatArray(), within(1e-5f));
    assertThat(part(wide, 32, 50).toFloatArray())
        .containsExactly(part(right, 14, 32).toFloatArray(), within(1e-5f));
    NDArray mean = part(left, 18, 32).add(part(right, 0, 14)).div(2);
    assertThat(part(wide, 18, 32).toFloatArray())
        .containsExactly(mean.toFloatArray(), within(1e-5f));
  }

  private static NDArray part(NDArray images, int from, int to) {
    return images.get(":, :, :, " + from + ":" + to);
  }

  @Test
  void predictionsKeepNoMemory() {
    for (Segmenter network : List.of(upernet(), vim(), Segmenter.semanticFpn(efficientVim(), 3))) {
      ready(network);
      int before = 0;
      for (int i = 0; i < 3; i++) {
        try (NDManager each = manager.newSubManager()) {
          NDArray images = each.ones(new Shape(1, 3, 64, 64));
          ParameterStore store = new ParameterStore(each, false);
          NDArray scores =
              SegmentationInference.slide(48, 48, 32, 32).scores(network, store, images);
          SegmentationInference.labels(scores, 70, 30);
          SegmentationInference.probabilities(scores, 70, 30);
        }
        int arrays = manager.getManagedArrays().size();
        int base = manager.getParentManager().getManagedArrays().size();
        assertThat(arrays + base).isEqualTo(i == 0 ? arrays + base : before);
        before = arrays + base;
      }
    }
  }

  /** With a scope around it or without, and whether autograd is on or off. */
  @Test
  void predictionsLeaveTheirScoresAlone() {
    for (Segmenter network : List.of(upernet(), vim(), Segmenter.semanticFpn(efficientVim(), 3))) {
      ready(network);
      int parameters = manager.getManagedArrays().size();
      for (boolean autograd : new boolean[] {false, true}) {
        try (NDManager each = manager.newSubManager();
            GradientMode mode = GradientMode.set(autograd)) {
          NDArray images = each.ones(new Shape(1, 3, 64, 64));
          ParameterStore store = new ParameterStore(each, false);
          NDArray scores = network.forward(store, images, false);
          assertThat(each.getManagedArrays()).containsExactlyInAnyOrder(images, scores);
          NDList asBlock = network.forward(store, new NDList(images), false);
          assertThat(each.getManagedArrays())
              .containsExactlyInAnyOrder(images, scores, asBlock.singletonOrThrow());
          NDList both = network.inspect(store, images, Probe.NONE);
          assertThat(each.getManagedArrays()).hasSize(3 + both.size());
          try (NDScope scope = new NDScope()) {
            assertThat(network.forward(store, images, false).sum().getFloat()).isFinite();
          }
          assertThat(each.getManagedArrays()).hasSize(3 + both.size());
        }
        assertThat(manager.getManagedArrays()).hasSize(parameters);
      }
    }
  }

  /** Of a prediction, nothing but its result is left to the caller's manager. */
  @Test
  void headsLeaveTheirResultAlone() {
    Segmenter network = ready(upernet());
    List<LevelShape> levels = network.head().inputs();
    try (NDManager each = manager.newSubManager()) {
      NDList maps = new NDList();
      for (int i = 0; i < levels.size(); i++) {
        maps.add(each.ones(new Shape(1, levels.get(i).channels(), 16 >> i, 16 >> i)));
      }
      network.head().forward(new ParameterStore(each, false), maps, false);
      assertThat(each.getManagedArrays()).hasSize(levels.size() + 1);
    }
  }
}
