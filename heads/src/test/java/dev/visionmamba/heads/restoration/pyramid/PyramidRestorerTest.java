package dev.visionmamba.heads.restoration.pyramid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.layers.Padding;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PyramidRestorerTest {
  private static final Map<String, Object> TWO_STAGES =
      Map.of(
          "dims", 8, "depths", List.of(1, 1), "out_indices", List.of(0, 1), "drop_path_rate", 0.0);

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

  private static Backbone vmamba(Map<String, Object> arguments) {
    return Backbones.create("vmamba_tiny_s1l8", arguments, Purpose.FEATURES);
  }

  /** Each way of upsampling, on a VMamba of two stages, and other pyramids. */
  static Stream<PyramidRestorer> networks() {
    PyramidDecoderConfig small = PyramidDecoderConfig.DEFAULT.with(Map.of("channels", 6));
    return Stream.of(
        new PyramidRestorer(vmamba(TWO_STAGES), small),
        upsampling("pixelshuffledirect", 3),
        upsampling("pixelshuffle", 4),
        upsampling("nearest+conv", 2),
        // A gap: no level of stride 8 in the pyramid.
        new PyramidRestorer(
            vmamba(
                Map.of(
                    "dims",
                    8,
                    "depths",
                    List.of(1, 1, 1),
                    "out_indices",
                    List.of(0, 2),
                    "drop_path_rate",
                    0.0,
                    "in_chans",
                    1)),
            small.with(Map.of("blocks", 0))),
        new PyramidRestorer(
            Backbones.create(
                "vim_tiny",
                Map.of("embed_dim", 16, "depth", 1, "img_size", 32, "drop_path_rate", 0.0),
                Purpose.FEATURES),
            small));
  }

  private static PyramidRestorer upsampling(String upsampler, int scale) {
    return new PyramidRestorer(
        vmamba(TWO_STAGES), new PyramidDecoderConfig(6, 1, Upsampling.of(upsampler), scale));
  }

  private NDArray images(Restorer network, long height, long width) {
    return manager.randomUniform(0f, 1f, new Shape(2, network.channels(), height, width));
  }

  private ParameterStore store() {
    return new ParameterStore(manager, false);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void anUntrainedNetworkGivesTheImageOrTheBicubicOne(PyramidRestorer network) {
    NDArray images = images(network, 9, 7);
    network.initialize(manager, DataType.FLOAT32, images.getShape());
    NDArray restored = network.forward(store(), images, false);
    int scale = network.scale();
    assertThat(restored.getShape())
        .isEqualTo(network.getOutputShapes(new Shape[] {images.getShape()})[0])
        .isEqualTo(new Shape(2, network.channels(), 9L * scale, 7L * scale));
    assertThat(restored.isInfinite().any().getBoolean()).isFalse();
    float[] actual = restored.toFloatArray();
    double[] wanted = enlarged(images, scale);
    double worst = 0;
    for (int i = 0; i < actual.length; i++) {
      worst = Math.max(worst, Math.abs(actual[i] - wanted[i]));
    }
    assertThat(worst).isLessThan(2e-6);
  }

  /** Bicubic by its definition: Keys' kernel, a = -0.5, weights beyond the edge left out. */
  private static double[] enlarged(NDArray images, int scale) {
    Shape s = images.getShape();
    int height = (int) s.get(2);
    int width = (int) s.get(3);
    int planes = (int) (s.get(0) * s.get(1));
    float[] from = images.toFloatArray();
    double[] to = new double[planes * height * width * scale * scale];
    for (int i = 0; i < to.length; i++) {
      int x = i % (scale * width);
      int y = i / (scale * width) % (scale * height);
      int plane = i / (scale * width * scale * height);
      double sum = 0;
      double weights = 0;
      for (int v = 0; v < height; v++) {
        for (int u = 0; u < width; u++) {
          double weight = kernel((y + 0.5) / scale - 0.5 - v) * kernel((x + 0.5) / scale - 0.5 - u);
          weights += weight;
          sum += weight * from[(plane * height + v) * width + u];
        }
      }
      to[i] = sum / weights;
    }
    return to;
  }

  private static double kernel(double distance) {
    double x = Math.abs(distance);
    if (x < 1) {
      return (1.5 * x - 2.5) * x * x + 1;
    }
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
  }

  /** So that every parameter matters: the last layer's, too, which starts at zero. */
  private void initialize(PyramidRestorer network, NDManager owner, Shape shape) {
    network.initialize(owner, DataType.FLOAT32, shape);
    for (Pair<String, Parameter> named : network.getParameters()) {
      if (named.getKey().startsWith("decoder.residual.conv_last")) {
        try (NDArray drawn = owner.randomUniform(-0.05f, 0.05f, named.getValue().getShape())) {
          named.getValue().getArray().addi(drawn);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 5", "3, 2", "8, 8", "13, 22"})
  void imagesOfAnySizeAreMirroredAndCut(int height, int width) {
    PyramidRestorer network = upsampling("nearest+conv", 2);
    NDArray images = images(network, height, width);
    initialize(network, manager, images.getShape());
    NDArray restored = network.forward(store(), images, false);
    assertThat(restored.getShape()).isEqualTo(new Shape(2, 3, 2L * height, 2L * width));
    long tall = Padding.roundUp(height, 8);
    long wide = Padding.roundUp(width, 8);
    NDArray mirrored = Padding.reflectAgain(images, tall, wide);
    NDArray whole = network.forward(store(), mirrored, false);
    String inside = ":, :, :" + 2 * height + ", :" + 2 * width;
    // The bicubic image differs near the cut: what is added to it must not.
    NDArray added = restored.sub(bicubic(images));
    NDArray wanted = whole.sub(bicubic(mirrored)).get(inside);
    assertThat(added.sub(wanted).abs().max().getFloat()).isLessThan(1e-5f);
    assertThat(added.abs().max().getFloat()).isGreaterThan(1e-3f);
  }

  /** Twice the size. */
  private NDArray bicubic(NDArray images) {
    double[] levels = enlarged(images, 2);
    float[] floats = new float[levels.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) levels[i];
    }
    Shape s = images.getShape();
    return manager.create(floats, new Shape(s.get(0), s.get(1), 2 * s.get(2), 2 * s.get(3)));
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "2, 7", "3, 16", "5, 5"})
  void mirroringGoesOnAsLongAsItMust(int from, int to) {
    NDArray row = manager.arange(from).toType(DataType.FLOAT32, false).reshape(1, 1, 1, from);
    float[] mirrored = Padding.reflectAgain(row, 1, to).toFloatArray();
    float[] wanted = new float[to];
    int period = Math.max(1, 2 * (from - 1));
    for (int i = 0; i < to; i++) {
      wanted[i] = from == 1 ? 0 : Math.min(i % period, period - i % period);
    }
    assertThat(mirrored).isEqualTo(wanted);
    assertThat(Padding.reflectAgain(row.reshape(1, 1, from, 1), to, 1).toFloatArray())
        .isEqualTo(wanted);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void predictionsKeepNoMemoryAndAreRepeated(PyramidRestorer network) {
    NDArray images = images(network, 16, 11);
    try (NDManager weights = manager.newSubManager()) {
      initialize(network, weights, images.getShape());
      ParameterStore store = store();
      float[] first = null;
      int kept = 0;
      for (int i = 0; i < 3; i++) {
        try (NDManager each = manager.newSubManager()) {
          NDArray mine = images.duplicate();
          mine.attach(each);
          NDArray restored = network.forward(store, mine, false);
          assertThat(each.getManagedArrays().size()).isEqualTo(2); // the images and the result
          float[] levels = restored.toFloatArray();
          first = first == null ? levels : first;
          assertThat(levels).isEqualTo(first);
        }
        int now = weights.getManagedArrays().size() + manager.getManagedArrays().size();
        kept = i == 0 ? now : kept;
        assertThat(now).isEqualTo(kept);
      }
    }
  }

  private Map<String, float[]> gradients(
      PyramidRestorer network, BiFunction<Model, TrainingConfig, Trainer> trainers) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    manager.getEngine().setRandomSeed(8);
    try (Model model = Model.newInstance("small")) {
      Shape shape =
          new Shape(
              2, network.channels(), 32, 29); // so that even the coarsest map has a way to walk
      initialize(network, model.getNDManager(), shape);
      model.setBlock(network);
      try (Trainer trainer = trainers.apply(model, new DefaultTrainingConfig(Loss.l2Loss()));
          NDManager batch = trainer.getManager().newSubManager();
          GradientCollector collector = trainer.newGradientCollector()) {
        NDArray images = batch.randomUniform(0f, 1f, shape);
        images.setRequiresGradient(true);
        NDArray restored = trainer.forward(new NDList(images)).head();
        System.gc(); // what autograd has saved must not lie in memory that Java has forgotten
        collector.backward(restored.square().mean());
        gradients.put("images", images.getGradient().toFloatArray());
        for (Pair<String, Parameter> named : network.getParameters()) {
          if (named.getValue().requiresGradient()) {
            gradients.put(named.getKey(), named.getValue().getArray().getGradient().toFloatArray());
          }
        }
      }
    }
    return gradients;
  }

  @Test
  void gradientsReachEveryParameterAndAreThoseOfAutograd() {
    List<PyramidRestorer> taped = networks().toList();
    List<PyramidRestorer> plain = networks().toList();
    for (int i = 0; i < taped.size(); i++) {
      Map<String, float[]> actual = gradients(taped.get(i), ScanTrainer::of);
      Map<String, float[]> wanted = gradients(plain.get(i), Model::newTrainer);
      assertThat(actual.keySet()).isEqualTo(wanted.keySet());
      for (Map.Entry<String, float[]> entry : wanted.entrySet()) {
        double scale = 0;
        double worst = 0;
        float[] values = actual.get(entry.getKey());
        for (int k = 0; k < values.length; k++) {
          scale = Math.max(scale, Math.abs(entry.getValue()[k]));
          double difference = Math.abs(values[k] - entry.getValue()[k]);
          worst = difference <= worst ? worst : difference; // NaN is the worst
        }
        assertThat(scale).as(entry.getKey()).isPositive();
        assertThat(worst).as(entry.getKey()).isLessThanOrEqualTo(1e-4 * scale + 1e-9);
      }
    }
  }

  /** Noise of which there is always the same is taken off within a few steps. */
  @Test
  void noiseIsLearnedToBeTakenOff() {
    PyramidRestorer network =
        new PyramidRestorer(
            vmamba(TWO_STAGES), new PyramidDecoderConfig(8, 1, Upsampling.RESIDUAL, 1));
    try (Model model = Model.newInstance("small")) {
      Shape shape = new Shape(4, 3, 24, 24);
      network.initialize(model.getNDManager(), DataType.FLOAT32, shape);
      model.setBlock(network);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(Loss.l2Loss())
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(3e-3f)).build());
      try (Trainer trainer = ScanTrainer.of(model, config)) {
        float first = 0;
        float last = 0;
        for (int step = 0; step < 60; step++) {
          try (NDManager batch = trainer.getManager().newSubManager();
              GradientCollector collector = trainer.newGradientCollector()) {
            // Plain surfaces, a new one each time, under noise of deviation 0.1.
            NDArray clean = batch.randomUniform(0.2f, 0.8f, new Shape(4, 3, 1, 1)).broadcast(shape);
            NDArray noisy = clean.add(batch.randomNormal(0f, 0.1f, shape, DataType.FLOAT32));
            NDArray restored = trainer.forward(new NDList(noisy)).head();
            NDArray loss = restored.sub(clean).square().mean();
            collector.backward(loss);
            last = loss.getFloat();
            first = step == 0 ? last : first;
          }
          trainer.step();
        }
        assertThat(first).isBetween(0.009f, 0.011f); // the image itself
        assertThat(last).isLessThan(first / 4);
      }
    }
  }

  @Test
  void costsAreThoseOfTheLayers() {
    PyramidRestorer network = networks().findFirst().orElseThrow();
    assertThat(network.sizeMultiple()).isEqualTo(8);
    assertThat(network.multiplyAdds(13, 9)).isEqualTo(network.multiplyAdds(16, 16));
    // 32 x 32 pixels and 16 x 16, 8 x 8, 4 x 4 above them.
    long shallow = 9 * (3 * 6 * 1024 + 6 * 8 * 256);
    long deepest = 16 * 16 * 8;
    long climbs =
        (16 * 8 * 32 + 64 * (16 * 8 + 2 * 9 * 64))
            + (64 * 8 * 32 + 256 * (16 * 8 + 2 * 9 * 64))
            + (256 * 8 * 24 + 1024 * (12 * 6 + 2 * 9 * 36));
    long last = 1024 * 9 * 6 * 3;
    assertThat(network.decoder().multiplyAdds(32, 32)).isEqualTo(shallow + deepest + climbs + last);
    assertThat(network.multiplyAdds(32, 32))
        .isEqualTo(
            network.decoder().multiplyAdds(32, 32) + network.backbone().multiplyAdds(32, 32));
  }

  @Test
  void shapesThatCannotBeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PyramidDecoderConfig(8, 1, Upsampling.RESIDUAL, 2))
        .withMessageContaining("upscale = 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PyramidDecoderConfig(8, 1, Upsampling.NEAREST_CONVOLUTION, 3))
        .withMessageContaining("nearest+conv");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PyramidDecoderConfig.DEFAULT.with(Map.of("channel", 3)))
        .withMessageContaining("channel");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new PyramidDecoder(
                    List.of(new LevelShape(8, 4), new LevelShape(8, 12)),
                    PyramidDecoderConfig.DEFAULT,
                    3))
        .withMessageContaining("[4, 12]");
    PyramidDecoderConfig config = new PyramidDecoderConfig(8, 2, Upsampling.PIXEL_SHUFFLE, 4);
    assertThat(PyramidDecoderConfig.DEFAULT.with(config.toArguments())).isEqualTo(config);
  }
}
