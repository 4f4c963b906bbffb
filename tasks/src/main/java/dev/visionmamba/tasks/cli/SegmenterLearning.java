package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.SegmentationDataset;
import dev.visionmamba.tasks.training.SegmentationTraining;
import dev.visionmamba.tasks.training.SegmenterEvaluation;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;

/** The training of a segmenter. */
final class SegmenterLearning implements Learning {
  private final SegmenterModel model;
  private final SegmentationDataset train;
  private final SegmentationDataset test;
  private final Setup setup;
  private final SegmentationTraining training;

  private SegmenterLearning(
      SegmenterModel model, SegmentationDataset train, SegmentationDataset test, Setup setup) {
    this.model = model;
    this.train = train;
    this.test = test;
    this.setup = setup;
    this.training =
        new SegmentationTraining(
            model, train, test, setup.options(), setup.out(), setup.weightType(), setup.workers());
  }

  /** Loads the data and makes the network. */
  static SegmenterLearning of(DataOptions data, NetworkFlags network, Setup setup)
      throws Exception {
    Parts<SegmentationDataset> parts = data.loadSegmentation();
    SegmentationDataset train = parts.train().first(setup.limit());
    SegmentationDataset test = parts.test().first(setup.limit());
    SegmenterModel model =
        setup.seeded(
            () ->
                network.createDense(
                    ModelTask.SEGMENT,
                    data,
                    train.classNames(),
                    description -> SegmenterModel.create(description, Device.cpu())));
    try {
      return new SegmenterLearning(model, train, test, setup);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public SegmenterModel model() {
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
  public SegmentationTraining training() {
    return training;
  }

  @Override
  public String measured(EpochResult kept) throws IOException {
    return "test "
        + SegmentationReport.line(
            SegmenterEvaluation.run(model, test, setup.workers(), done -> {}));
  }

  @Override
  public void close() {
    model.close();
  }
}
