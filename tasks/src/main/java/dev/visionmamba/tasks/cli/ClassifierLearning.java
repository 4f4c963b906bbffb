package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.metrics.ConfusionMatrixChart;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.zoo.ClassifierModel;
import java.util.Locale;
import java.util.Map;

/** The training of a classifier. */
final class ClassifierLearning {
  private ClassifierLearning() {}

  /** Loads the data and makes the network. */
  static Learning of(DataOptions data, NetworkFlags network, Learning.Setup setup)
      throws Exception {
    Parts<ImageDataset> parts = data.load(setup.workers());
    ImageDataset train = parts.train().first(setup.limit());
    ImageDataset test = parts.test().first(setup.limit());
    ClassifierModel model = setup.seeded(() -> network.createClassifier(data, train.classNames()));
    return Learning.of(
        model,
        () ->
            new Learning(
                model,
                train.count(),
                test.count(),
                new ClassifierTraining(
                    model,
                    train,
                    test,
                    setup.options(),
                    setup.out(),
                    setup.weightType(),
                    setup.workers()),
                Map.of(),
                kept -> {
                  ConfusionMatrixChart.draw(
                      ClassifierEvaluation.run(model, test, setup.workers(), done -> {}),
                      setup.out().resolve("confusion.png"));
                  return String.format(
                      Locale.ROOT, "test accuracy %.2f%%", 100 * kept.testAccuracy());
                }));
  }
}
