package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.tasks.ImageClassifier;
import dev.visionmamba.tasks.Shapes;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ImageInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trained models become models of other pictures. */
class FineTuningTest {
  private static final Augmentation GENTLE = new Augmentation(0, true, 0.6, 0.2f);

  @TempDir private static Path shared;
  private static ImageFolder.Parts parts;

  @TempDir private Path folder;

  @BeforeAll
  static void pictures() throws Exception {
    parts = ImageFolder.split(Shapes.write(shared.resolve("shapes"), 30, 1), 0.2, 0);
  }

  private static TrainingOptions options(
      int epochs, float rate, FineTuning tuning, int patience, float ema) {
    return new TrainingOptions(
        epochs,
        12,
        rate,
        0.01f,
        0,
        0.1f,
        GENTLE,
        new Mixing(0.2f, 0),
        OptimizerKind.ADAMW,
        ema,
        tuning,
        patience,
        3);
  }

  private static ClassifierModel bundled(List<String> classes) throws Exception {
    Engine.getEngine("PyTorch").setRandomSeed(4);
    try (ClassifierModel trained = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      return Transfer.to(trained, "vim_micro.shapes", classes, Device.cpu());
    }
  }

  private static Map<String, float[]> weights(ClassifierModel model) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    StateDict.of(model.network()).forEach((name, array) -> weights.put(name, array.toFloatArray()));
    return weights;
  }

  private List<EpochResult> train(
      ClassifierModel model, TrainingOptions options, Path out, boolean resume, int until)
      throws Exception {
    return new ClassifierTraining(
            model, parts.train(), parts.validation(), options, out, DataType.FLOAT32, 1)
        .run(resume, until, Map.of(), TrainingListener.NONE);
  }

  @Test
  void aBundledModelLearnsShapesWithFrozenStages() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      Map<String, float[]> before = weights(model);
      List<EpochResult> results =
          train(model, options(6, 3e-3f, new FineTuning(3, false, 0.9f), 0, 0), folder, false, 6);
      assertThat(results.get(5).testAccuracy()).isGreaterThan(0.9);
      weights(model)
          .forEach(
              (name, after) -> {
                boolean frozen = name.matches("pos_embed|(patch_embed|layers\\.[012])\\..*");
                assertThat(java.util.Arrays.equals(after, before.get(name)))
                    .as(name)
                    .isEqualTo(frozen);
              });
    }
    try (ImageClassifier classifier = ImageClassifier.load(folder)) {
      assertThat(classifier.description().classes()).isEqualTo(Shapes.CLASSES);
      assertThat(classifier.description().notes())
          .containsEntry("tuned from", ModelCatalogue.DEFAULT);
      Random random = new Random(99);
      int right = 0;
      for (int i = 0; i < 30; i++) {
        String got =
            classifier
                .classifyPixels(List.of(Shapes.picture(i % 3, random)))
                .get(0)
                .best()
                .getClassName();
        right += got.equals(Shapes.CLASSES.get(i % 3)) ? 1 : 0;
      }
      assertThat(right).isGreaterThanOrEqualTo(26);
    }
  }

  @Test
  void theHeadAloneLearns() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      Map<String, float[]> before = weights(model);
      train(model, options(1, 1e-3f, new FineTuning(-1, true, 1), 0, 0), folder, false, 1);
      weights(model)
          .forEach(
              (name, after) ->
                  assertThat(java.util.Arrays.equals(after, before.get(name)))
                      .as(name)
                      .isEqualTo(!name.startsWith("head.")));
    }
  }

  @Test
  void moreFrozenStagesThanThereAreAreRefused() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () ->
                  train(
                      model,
                      options(1, 1e-3f, new FineTuning(9, false, 1), 0, 0),
                      folder,
                      false,
                      1))
          .withMessageContaining("8 stages");
    }
  }

  @Test
  void otherClassesGetANewHeadAndTheSameClassesKeepIt() throws Exception {
    try (ClassifierModel trained = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      Map<String, float[]> old = weights(trained);
      List<String> renamed = new ArrayList<>(FashionMnist.CLASS_NAMES);
      renamed.set(0, "Tee");
      try (ClassifierModel same =
              Transfer.to(trained, "same", FashionMnist.CLASS_NAMES, Device.cpu());
          ClassifierModel other = Transfer.to(trained, "other", renamed, Device.cpu());
          ClassifierModel fewer = Transfer.to(trained, "fewer", Shapes.CLASSES, Device.cpu())) {
        weights(same).forEach((name, got) -> assertThat(got).isEqualTo(old.get(name)));
        for (ClassifierModel changed : List.of(other, fewer)) {
          weights(changed)
              .forEach(
                  (name, got) -> {
                    if (name.equals("head.weight")) {
                      assertThat(got).isNotEqualTo(old.get(name));
                    } else if (!name.equals("head.bias")) {
                      assertThat(got).as(name).isEqualTo(old.get(name));
                    }
                  });
        }
        assertThat(weights(fewer).get("head.bias")).hasSize(3).containsOnly(0);
        assertThat(fewer.description().input()).isEqualTo(trained.description().input());
      }
      weights(trained).forEach((name, got) -> assertThat(got).isEqualTo(old.get(name)));
    }
  }

  private static ClassifierModel small(String backbone, Map<String, Object> arguments) {
    Map<String, Object> all = new LinkedHashMap<>(arguments);
    all.put("num_classes", 5);
    return ClassifierModel.create(
        new ModelDescription(
            "small",
            backbone,
            all,
            List.of("a", "b", "c", "d", "e"),
            new ImageInput(
                32, 32, 32, "bicubic", List.of(0.5f, 0.5f, 0.5f), List.of(0.2f, 0.2f, 0.2f)),
            Map.of()),
        Device.cpu());
  }

  @Test
  void onlyWhatDependsOnTheClassesOfAHeadStartsAnew() throws Exception {
    try (ClassifierModel trained =
            small("vmamba_tiny_s1l8", Map.of("depths", List.of(1, 1, 1, 1)));
        ClassifierModel tuned = Transfer.to(trained, "tuned", Shapes.CLASSES, Device.cpu())) {
      StateDict.of(tuned.network())
          .forEach(
              (name, got) -> {
                if (!name.startsWith("classifier.head.")) {
                  assertThat(got.toFloatArray())
                      .as(name)
                      .isEqualTo(StateDict.of(trained.network()).get(name).toFloatArray());
                }
              });
      assertThat(StateDict.of(tuned.network()).get("classifier.head.weight").getShape().get(0))
          .isEqualTo(3);
    }
    try (ClassifierModel trained = small("efficientvim_m1", Map.of());
        ClassifierModel tuned = Transfer.to(trained, "tuned", Shapes.CLASSES, Device.cpu())) {
      assertThat(StateDict.of(tuned.network()).get("heads.0.weight").getShape().get(0))
          .isEqualTo(3);
    }
  }

  @Test
  void earlierLayersTakeSmallerSteps() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES);
        NDManager manager = NDManager.newBaseManager()) {
      Map<String, ParameterRule> rules =
          ParameterRule.of(model.network(), Optional.of(model.network().backbone()), 0.5f);
      Map<String, Double> expected =
          Map.of(
              "head.weight",
              1.0,
              "norm_f.weight",
              1.0,
              "layers.7.mixer.in_proj.weight",
              0.5,
              "layers.0.mixer.in_proj.weight",
              Math.pow(0.5, 8),
              "pos_embed",
              Math.pow(0.5, 9),
              "patch_embed.proj.weight",
              Math.pow(0.5, 9));
      AdamW optimizer = new AdamW(step -> 0.01, 0f, rules::get);
      int seen = 0;
      for (Pair<String, Parameter> named : model.network().getParameters()) {
        Double rate = expected.get(named.getKey());
        if (rate == null) {
          continue;
        }
        seen++;
        String id = named.getValue().getId();
        assertThat((double) rules.get(id).rate()).as(named.getKey()).isEqualTo(rate);
        // A first step of AdamW has the size of the rate.
        NDArray weight = manager.zeros(named.getValue().getShape());
        optimizer.update(id, weight, weight.add(3));
        assertThat((double) weight.abs().max().getFloat())
            .as(named.getKey())
            .isCloseTo(0.01 * rate, within(1e-6 * rate));
      }
      assertThat(seen).isEqualTo(expected.size());
      ParameterRule.of(model.network(), Optional.of(model.network().backbone()), 1)
          .values()
          .forEach(rule -> assertThat(rule.rate()).isEqualTo(1));
    }
  }

  private static TrainingOptions resumable() {
    return options(3, 1e-3f, new FineTuning(2, false, 0.8f), 0, 0.9f);
  }

  @Test
  void aResumedTuningGivesTheWeightsOfAnUninterruptedOne() throws Exception {
    Map<String, float[]> whole;
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      train(model, resumable(), folder.resolve("whole"), false, 3);
      whole = weights(model);
    }
    for (int until = 1; until <= 3; until++) {
      try (ClassifierModel model = bundled(Shapes.CLASSES)) {
        train(model, resumable(), folder.resolve("cut"), true, until);
        if (until == 3) {
          weights(model)
              .forEach((name, got) -> assertThat(got).as(name).containsExactly(whole.get(name)));
        }
      }
    }
  }

  @Test
  void resumingWithOtherPicturesIsRefused() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      train(model, resumable(), folder, false, 1);
    }
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      ClassifierTraining other =
          new ClassifierTraining(
              model,
              parts.train().first(50),
              parts.validation(),
              resumable(),
              folder,
              DataType.FLOAT32,
              1);
      assertThatThrownBy(() -> other.run(true, 2, Map.of(), TrainingListener.NONE))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("other settings");
    }
  }

  @Test
  void withPatienceTrainingStopsAndTheBestEpochIsKept() throws Exception {
    // So fast a rate leads away from whatever the first epochs find.
    TrainingOptions options = options(30, 0.3f, FineTuning.NONE, 2, 0);
    List<EpochResult> results;
    EpochResult kept;
    Map<String, float[]> got;
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      ClassifierTraining training =
          new ClassifierTraining(
              model, parts.train(), parts.validation(), options, folder, DataType.FLOAT32, 1);
      results = training.run(false, 30, Map.of(), TrainingListener.NONE);
      kept = training.kept(results);
      got = weights(model);
      assertThat(ClassifierEvaluation.run(model, parts.validation(), 1, done -> {}).accuracy())
          .isCloseTo(kept.testAccuracy(), within(1e-9));
    }
    assertThat(results.size()).isLessThan(30).isEqualTo(kept.epoch() + 2);
    assertThat(results).allMatch(result -> !result.isBetterThan(kept));
    try (ClassifierModel saved = ModelCatalogue.load(folder.toString(), Device.cpu())) {
      weights(saved).forEach((name, weight) -> assertThat(weight).isEqualTo(got.get(name)));
      assertThat(saved.description().notes())
          .containsEntry("epochs", Integer.toString(kept.epoch()));
    }
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      assertThat(train(model, options, folder, true, 30)).hasSameSizeAs(results);
      weights(model).forEach((name, weight) -> assertThat(weight).isEqualTo(got.get(name)));
    }
  }

  /** A model without stochastic depth, whose masks are drawn in the workers' order. */
  private static ClassifierModel steady() {
    Engine.getEngine("PyTorch").setRandomSeed(4);
    return ClassifierModel.create(
        new ModelDescription(
            "steady",
            "vim_micro",
            Map.of("num_classes", 3, "depth", 2, "embed_dim", 32, "drop_path_rate", 0.0),
            Shapes.CLASSES,
            new ImageInput(28, 28, 28, "bicubic", List.of(0.5f), List.of(0.3f)),
            Map.of()),
        Device.cpu());
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]);
    }
    return sum / a.length;
  }

  @Test
  void twoWorkersLearnWhatOneDoes() throws Exception {
    TrainingOptions options = options(1, 1e-4f, new FineTuning(0, false, 0.9f), 0, 0);
    List<Map<String, float[]>> learned = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    for (int workers : List.of(1, 2, 2)) {
      try (ClassifierModel model = steady()) {
        losses.add(
            new ClassifierTraining(
                    model,
                    parts.train(),
                    parts.validation(),
                    options,
                    folder.resolve("run" + learned.size()),
                    DataType.FLOAT32,
                    workers)
                .run(false, 1, Map.of(), TrainingListener.NONE)
                .get(0)
                .trainLoss());
        learned.add(weights(model));
      }
    }
    assertThat(losses.get(1)).isCloseTo(losses.get(0), within(1e-4));
    Map<String, float[]> start;
    try (ClassifierModel model = steady()) {
      start = weights(model);
    }
    learned
        .get(0)
        .forEach(
            (name, alone) -> {
              double way = distance(alone, start.get(name));
              assertThat(way > 0).as(name).isEqualTo(!name.matches("pos_embed|patch_embed\\..*"));
              assertThat(distance(learned.get(1).get(name), alone))
                  .as(name)
                  .isLessThanOrEqualTo(0.01 * way);
              assertThat(learned.get(2).get(name)).as(name).isEqualTo(learned.get(1).get(name));
            });
  }

  @Test
  void memoryDoesNotGrowFromEpochToEpoch() throws Exception {
    try (ClassifierModel model = bundled(Shapes.CLASSES)) {
      List<Integer> arrays = new ArrayList<>();
      TrainingListener count =
          new TrainingListener() {
            @Override
            public void epochEnded(EpochResult result) {
              arrays.add(model.djlModel().getNDManager().getManagedArrays().size());
            }
          };
      new ClassifierTraining(
              model,
              parts.train(),
              parts.validation(),
              options(4, 1e-3f, new FineTuning(2, false, 1), 0, 0.9f),
              folder,
              DataType.FLOAT32,
              2)
          .run(false, 4, Map.of(), count);
      assertThat(arrays).hasSize(4);
      assertThat(arrays.subList(1, 4)).containsOnly(arrays.get(0));
    }
  }

  @Test
  void aModelOfOtherClassesCannotBeMeasured() throws Exception {
    try (ClassifierModel model = ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.cpu())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ClassifierEvaluation.run(model, parts.validation(), 1, done -> {}))
          .withMessageContaining("T-shirt/top")
          .withMessageContaining("also has disc, rows, upright");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> train(model, resumable(), folder, false, 1))
          .withMessageContaining("must be the data set's");
    }
  }
}
