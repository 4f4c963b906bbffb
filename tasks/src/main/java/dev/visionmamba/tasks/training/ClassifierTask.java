package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import dev.visionmamba.zoo.ClassifierModel;
import java.io.IOException;
import java.util.Optional;
import java.util.SplittableRandom;

/** Learning to name what images show; measured by how many test images are named rightly. */
final class ClassifierTask implements TrainingTask<Batch> {
  private final ClassifierModel model;
  private final ImageDataset train;
  private final ImageDataset test;
  private final TrainingOptions options;
  private final Loss loss;

  /**
   * A task.
   *
   * @throws IllegalArgumentException if there are no images, or other classes than the model's
   */
  ClassifierTask(
      ClassifierModel model, ImageDataset train, ImageDataset test, TrainingOptions options) {
    DataChecks.requirePictures(train.count(), test.count());
    DataChecks.requireClasses(model.description(), train.classNames());
    this.model = model;
    this.train = train;
    this.test = test;
    this.options = options;
    this.loss = new SmoothedCrossEntropy(options.labelSmoothing());
  }

  @Override
  public ClassifierModel model() {
    return model;
  }

  @Override
  public Optional<Backbone> backbone() {
    return Optional.of(model.network().backbone());
  }

  @Override
  public int count() {
    return train.count();
  }

  @Override
  public String identity() {
    return train.identity() + "; " + test.identity();
  }

  @Override
  public Batches<Batch> batches(int[] order, SplittableRandom random, int threads) {
    Preprocessing preprocessing = Preprocessing.of(model.description().input());
    return new BatchLoader(train, preprocessing, options, order, random, threads);
  }

  @Override
  public Step learn(ScanTrainer trainer, Batch batch) {
    NDArray scores = trainer.forward(new NDList(batch.images())).head(); // (B, classes)
    NDArray mean = loss.evaluate(new NDList(batch.targets()), new NDList(scores));
    return new Step(
        mean,
        batch.size(),
        () -> scores.stopGradient().argMax(1).eq(batch.labels()).sum().toLongArray()[0]);
  }

  @Override
  public MeasureNames measures() {
    return new MeasureNames("accuracy", "accuracy");
  }

  @Override
  public double measure(int workers) throws IOException {
    return ClassifierEvaluation.run(model, test, workers, done -> {}).accuracy();
  }
}
