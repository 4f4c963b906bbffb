package dev.visionmamba.heads.neck;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.google.gson.JsonObject;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.golden.GoldenFile;
import dev.visionmamba.heads.GoldenBlocks;
import dev.visionmamba.heads.GoldenTopic;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every neck against what its reference computes. */
class GoldenNeckTest {
  private static final double TOLERANCE = 3e-5;

  static Stream<Path> files() {
    return GoldenTopic.NECKS.files(GoldenNeckTest.class, "/golden-neck");
  }

  /** A neck under its published prefix. */
  static final class Detector extends NamedBlock {
    private final Neck neck;

    Detector(Neck neck) {
      this.neck = child("neck", neck);
    }

    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      return neck.forward(store, x, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return neck.getOutputShapes(inputShapes);
    }
  }

  static Neck neck(String type, JsonObject config) {
    List<Integer> channels = GoldenBlocks.integers(config, "in_channels");
    int out = config.get("out_channels").getAsInt();
    int numOuts = config.get("num_outs").getAsInt();
    if (type.equals("EfficientViTFPN")) {
      List<LevelShape> inputs = GoldenBlocks.levels(channels, 16);
      int finer = config.get("num_extra_trans_convs").getAsInt();
      return new EfficientViMFpn(inputs, out, finer, numOuts);
    }
    ExtraLevels extra =
        config.has("add_extra_convs")
            ? ExtraLevels.valueOf(
                config.get("add_extra_convs").getAsString().toUpperCase(Locale.ROOT))
            : ExtraLevels.MAX_POOL;
    int start = GoldenBlocks.integer(config, "start_level", 0);
    return new Fpn(
        GoldenBlocks.levels(channels, 4),
        new FpnConfig(out, start, numOuts, extra, config.has("norm_cfg")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void neckAgrees(Path path) throws Exception {
    GoldenFile file = GoldenFile.read(path);
    try (NDManager manager = NDManager.newBaseManager()) {
      Neck neck = neck(file.model(), file.config());
      GoldenBlocks.load(new Detector(neck), file, manager);
      NDList maps = GoldenBlocks.inputs(manager, file);
      check(neck, maps, file, manager);
      neck.foldNorms();
      check(neck, maps, file, manager);
    }
  }

  private static void check(Neck neck, NDList maps, GoldenFile file, NDManager manager) {
    NDList levels = neck.forward(new ParameterStore(manager, false), maps, false);
    assertThat(levels.getShapes()).isEqualTo(neck.getOutputShapes(maps.getShapes()));
    for (int i = 0; i < levels.size(); i++) {
      file.outputs().get("output." + i).check(levels.get(i).toFloatArray(), TOLERANCE);
    }
    assertThat(levels).hasSize(file.outputs().size());
  }
}
