package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.heads.detection.DetectionLosses;
import dev.visionmamba.heads.detection.DetectionObjective;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.training.DetectionBatches.Batch;
import dev.visionmamba.zoo.DetectorModel;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** Learning where objects are, and what; measured by the boxes' average precision. */
final class DetectionTask implements TrainingTask<Batch> {
  private final DetectorModel model;
  private final DetectionDataset train;
  private final DetectionDataset test;
  private final TrainingOptions options;
  private final DetectionObjective objective;

  /**
   * A task.
   *
   * @throws IllegalArgumentException if there are no pictures, other classes than the model's, or
   *     the objective is for another head
   */
  DetectionTask(
      DetectorModel model,
      DetectionDataset train,
      DetectionDataset test,
      TrainingOptions options,
      DetectionObjective objective) {
    DataChecks.requirePictures(train.count(), test.count());
    DataChecks.requireClasses(model.description(), train.classNames());
    DataChecks.requireClasses(model.description(), test.classNames());
    objective.requireFit(model.network().head());
    this.model = model;
    this.train = train;
    this.test = test;
    this.options = options;
    this.objective = objective;
  }

  @Override
  public DetectorModel model() {
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
    return train.identity() + "; " + test.identity() + "; " + objective;
  }

  @Override
  public Batches<Batch> batches(int[] order, SplittableRandom random, int threads) {
    return new DetectionBatches(train, model.description().fit(), options, order, random, threads);
  }

  @Override
  public Step learn(ScanTrainer trainer, Batch batch) {
    Detector network = model.network();
    ParameterStore store = trainer.parameterStore();
    List<NDArray> maps = network.pyramid(store, batch.images(), true).maps();
    DetectionLosses losses =
        objective.evaluate(
            network.head(),
            store,
            maps,
            batch.frames(),
            batch.truths(),
            batch.seeds().stream().map(SplittableRandom::new).toList());
    return new Step(losses.total(), losses.positives(), losses::recognised);
  }

  @Override
  public MeasureNames measures() {
    return new MeasureNames("object accuracy", "box AP50");
  }

  @Override
  public double measure(int workers) throws IOException {
    return DetectorEvaluation.run(model, test, Set.of(Overlap.BOXES), workers, done -> {})
        .get(Overlap.BOXES)
        .ap50();
  }
}
