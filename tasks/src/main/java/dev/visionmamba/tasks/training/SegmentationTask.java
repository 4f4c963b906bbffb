package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.heads.layers.Resize;
import dev.visionmamba.heads.losses.CrossEntropyLoss;
import dev.visionmamba.heads.losses.CrossEntropyLoss.Average;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.training.SegmentationBatches.Batch;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.util.Optional;
import java.util.SplittableRandom;

/** Learning the class of every pixel; measured by the mean intersection over union. */
final class SegmentationTask implements TrainingTask<Batch> {
  /** How much the auxiliary head's loss counts, as published. */
  private static final float AUXILIARY = 0.4f;

  private final SegmenterModel model;
  private final SegmentationDataset train;
  private final SegmentationDataset test;
  private final TrainingOptions options;
  private final CrossEntropyLoss loss =
      new CrossEntropyLoss("pixels")
          .ignoring(LabelMap.IGNORED)
          .channelLast()
          .averaging(Average.ALL);

  /**
   * A task.
   *
   * @throws IllegalArgumentException if there are no pictures, or other classes than the model's
   */
  SegmentationTask(
      SegmenterModel model,
      SegmentationDataset train,
      SegmentationDataset test,
      TrainingOptions options) {
    DataChecks.requirePictures(train.count(), test.count());
    DataChecks.requireClasses(model.description(), train.classNames());
    DataChecks.requireClasses(model.description(), test.classNames());
    this.model = model;
    this.train = train;
    this.test = test;
    this.options = options;
  }

  @Override
  public SegmenterModel model() {
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
    return new SegmentationBatches(
        train, model.description().fit(), options, order, random, threads);
  }

  @Override
  public Step learn(ScanTrainer trainer, Batch batch) {
    NDList scores = trainer.forward(new NDList(batch.images()));
    NDArray full = resized(scores.head(), batch.labels().getShape()); // (B, H, W, classes)
    NDArray mean = loss.evaluate(full, batch.labels());
    if (scores.size() > 1) {
      NDArray auxiliary =
          loss.evaluate(resized(scores.get(1), batch.labels().getShape()), batch.labels());
      NDArray share = auxiliary.getManager().full(new Shape(), AUXILIARY);
      mean = mean.add(auxiliary.mul(share));
    }
    return new Step(
        mean,
        batch.labels().size(),
        () -> full.stopGradient().argMax(3).eq(batch.labels()).sum().toLongArray()[0]);
  }

  /** (B, classes, h, w) at the labels' size, channel-last: (B, H, W, classes). */
  private static NDArray resized(NDArray scores, Shape labels) {
    return Resize.bilinear(scores.transpose(0, 2, 3, 1), labels.get(1), labels.get(2));
  }

  @Override
  public MeasureNames measures() {
    return new MeasureNames("pixel accuracy", "mIoU");
  }

  @Override
  public double measure(int workers) throws IOException {
    return SegmenterEvaluation.run(model, test, workers, done -> {}).meanIou();
  }
}
