package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.metrics.ConfusionMatrixChart;
import dev.visionmamba.tasks.training.ClassifierEvaluation;
import dev.visionmamba.tasks.training.ClassifierTraining;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.ImageDataset;
import dev.visionmamba.zoo.ClassifierModel;
import java.io.IOException;
import java.util.Locale;

/** The training of a classifier. */
final class ClassifierLearning implements Learning {
  private final ClassifierModel model;
  private final ImageDataset train;
  private final ImageDataset test;
  private final Setup setup;
  private final ClassifierTraining training;

  private ClassifierLearning(
      ClassifierModel model, ImageDataset train, ImageDataset test, Setup setup) {
    this.model = model;
    this.train = train;
    this.test = test;
    this.setup = setup;
    this.training =
        new ClassifierTraining(
            model, train, test, setup.options(), setup.out(), setup.weightType(), setup.workers());
  }

  /** Loads the data and makes the network. */
  static ClassifierLearning of(DataOptions data, NetworkFlags network, Setup setup)
      throws Exception {
    Parts<ImageDataset> parts = data.load(setup.workers());
    ImageDataset train = parts.train().first(setup.limit());
    ImageDataset test = parts.test().first(setup.limit());
    ClassifierModel model = setup.seeded(() -> network.createClassifier(data, train.classNames()));
    try {
      return new ClassifierLearning(model, train, test, setup);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public ClassifierModel model() {
    return model;
  }

  @Override
  public int trainCount() {
    return train.count();
  }

  @Override
  public int testCount() {
    return test.count();
  }

  @Override
  public ClassifierTraining training() {
    return training;
  }

  @Override
  public String measured(EpochResult kept) throws IOException {
    ConfusionMatrixChart.draw(
        ClassifierEvaluation.run(model, test, setup.workers(), done -> {}),
        setup.out().resolve("confusion.png"));
    return String.format(Locale.ROOT, "test accuracy %.2f%%", 100 * kept.testAccuracy());
  }

  @Override
  public void close() {
    model.close();
  }
}
