package dev.visionmamba.heads.segmentation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.Backbones.Purpose;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaPyramid;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimPyramid;
import dev.visionmamba.heads.SmallTraining;
import dev.visionmamba.heads.SmallTraining.Trainers;
import dev.visionmamba.heads.neck.Fpn;
import dev.visionmamba.heads.neck.FpnConfig;
import dev.visionmamba.heads.neck.FpnConfig.ExtraLevels;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Small segmenters of each family learn, and their gradients through the tape are autograd's. */
class SegmenterTrainingTest {
  private static final int CLASSES = 3;
  private static final Shape INPUT = new Shape(2, 3, 40, 52);

  private record Case(String name, Supplier<Segmenter> network) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case("vmamba_upernet", () -> upernet(create("vmamba_tiny_s1l8", vmamba()))),
        new Case("vmamba_fpn", () -> semanticFpn(create("vanilla_vmamba_tiny", vmamba()))),
        new Case(
            "vim_upernet",
            () ->
                upernet(
                    new VimPyramid(
                        (Vim)
                            create(
                                "vim_tiny",
                                Map.of(
                                    "img_size",
                                    List.of(40, 52),
                                    "patch_size",
                                    8,
                                    "stride",
                                    8,
                                    "embed_dim",
                                    16,
                                    "depth",
                                    4,
                                    "d_state",
                                    4,
                                    "if_cls_token",
                                    false,
                                    "drop_path_rate",
                                    0))))),
        new Case(
            "plainmamba_upernet",
            () ->
                upernet(
                    new PlainMambaPyramid(
                        (PlainMamba)
                            create(
                                "plainmamba_l1",
                                Map.of(
                                    "img_size",
                                    List.of(40, 52),
                                    "patch_size",
                                    8,
                                    "embed_dims",
                                    16,
                                    "num_layers",
                                    4,
                                    "drop_path_rate",
                                    0,
                                    "layer_cfgs",
                                    Map.of("mamba_cfg", Map.of("d_state", 4, "conv_size", 3))))))));
  }

  private static Map<String, Object> vmamba() {
    return Map.of(
        "dims",
        16,
        "depths",
        List.of(1, 1, 2),
        "drop_path_rate",
        0,
        "out_indices",
        List.of(0, 1, 2));
  }

  private static Backbone create(String name, Map<String, Object> arguments) {
    return Backbones.create(name, arguments, Purpose.FEATURES);
  }

  private static Segmenter upernet(Backbone backbone) {
    List<LevelShape> levels = backbone.levels();
    return new Segmenter(
        backbone,
        null,
        new UPerHead(levels, 8, CLASSES, 0f),
        new FcnHead(levels, 1, 8, 1, false, CLASSES, 0f));
  }

  private static Segmenter semanticFpn(Backbone backbone) {
    Fpn neck = new Fpn(backbone.levels(), new FpnConfig(8, 0, 4, ExtraLevels.ON_INPUT, true));
    return new Segmenter(backbone, neck, new SemanticFpnHead(neck.levels(), 8, CLASSES, 0f), null);
  }

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private SmallTraining training(Case which) {
    return new SmallTraining(
        manager,
        8,
        which.network(),
        INPUT,
        (name, weight) -> weight.mul(name.endsWith("conv_seg.weight") ? 30f : 1f));
  }

  /** The loss of a batch, always the same, of both heads; gradients are left. */
  private float backward(Trainer trainer, DataType type) {
    try (NDManager batch = trainer.getManager().newSubManager();
        GradientCollector collector = trainer.newGradientCollector()) {
      manager.getEngine().setRandomSeed(9);
      NDArray images = batch.randomNormal(INPUT).toType(type, false);
      NDList scores = trainer.forward(new NDList(images));
      NDArray loss = null;
      for (NDArray each : scores) {
        Shape shape = each.getShape(); // (B, classes, h, w)
        NDArray labels =
            batch
                .arange((float) (shape.get(0) * shape.get(2) * shape.get(3)))
                .mod(CLASSES)
                .reshape(shape.get(0), shape.get(2), shape.get(3));
        NDArray part = pixelLoss(each, labels);
        loss = loss == null ? part : loss.add(part);
      }
      collector.backward(loss);
      return loss.toType(DataType.FLOAT32, false).getFloat();
    }
  }

  private static NDArray pixelLoss(NDArray scores, NDArray labels) {
    NDArray one = labels.oneHot(CLASSES).transpose(0, 3, 1, 2).toType(scores.getDataType(), false);
    return scores.logSoftmax(1).mul(one).mean().neg();
  }

  private Map<String, double[]> gradients(Case which, DataType type, Trainers trainers) {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    training(which)
        .run(
            type,
            trainers,
            trainer -> {
              backward(trainer, type);
              gradients.putAll(SmallTraining.gradients(trainer));
            });
    return gradients;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theTapeGivesTheGradientsOfAutograd(Case which) {
    Map<String, double[]> exact = gradients(which, DataType.FLOAT64, Model::newTrainer);
    assertClose(gradients(which, DataType.FLOAT32, ScanTrainer::of), exact, 3e-4);
    assertClose(gradients(which, DataType.FLOAT32, Model::newTrainer), exact, 3e-4);
  }

  private static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    double largest =
        expected.values().stream().mapToDouble(SmallTraining::scale).max().orElseThrow();
    int nothing = 0;
    for (Map.Entry<String, double[]> entry : expected.entrySet()) {
      double scale = SmallTraining.scale(entry.getValue());
      double[] got = actual.get(entry.getKey());
      // The norm of a single pixel sees as many values as there are images: two.
      boolean rough = entry.getKey().startsWith("decode_head.psp_modules.0.");
      double allowed = rough ? 100 * tolerance : tolerance;
      if (scale < 1e-12 * largest) { // a batch norm takes the parameter's effect away
        assertThat(SmallTraining.scale(got)).as(entry.getKey()).isLessThan(1e-4 * largest);
        nothing++;
      } else {
        SmallTraining.assertWithin(entry.getKey(), got, entry.getValue(), allowed * scale);
      }
    }
    assertThat(nothing).isLessThan(10);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void lossesFallAndStepsKeepNoMemory(Case which) {
    SmallTraining training = training(which);
    training.run(
        DataType.FLOAT32,
        ScanTrainer::of,
        trainer -> {
          float first = backward(trainer, DataType.FLOAT32);
          float[] last = {first};
          training.assertStepsKeepNoMemory(
              trainer,
              12,
              () -> {
                trainer.step();
                last[0] = backward(trainer, DataType.FLOAT32);
              });
          assertThat(last[0]).isLessThan(0.9f * first);
        });
  }

  /** A frozen backbone is left alone; the heads learn. */
  @ParameterizedTest
  @MethodSource("cases")
  void aFrozenBackboneStaysAsItIs(Case which) {
    training(which)
        .run(
            DataType.FLOAT32,
            ScanTrainer::of,
            trainer -> {
              Segmenter network = (Segmenter) trainer.getModel().getBlock();
              network.backbone().freezeParameters(true);
              Map<String, float[]> before = SmallTraining.values(network);
              backward(trainer, DataType.FLOAT32);
              trainer.step();
              SmallTraining.values(network)
                  .forEach(
                      (name, values) -> {
                        if (name.startsWith("backbone.")) {
                          assertThat(values).as(name).isEqualTo(before.get(name));
                        } else {
                          assertThat(values).as(name).isNotEqualTo(before.get(name));
                        }
                      });
            });
  }
}
