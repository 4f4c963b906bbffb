package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.training.DetectionDataset;
import dev.visionmamba.tasks.training.DetectionTraining;
import dev.visionmamba.tasks.training.DetectorEvaluation;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.catalogue.Task;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The training of a detector. */
final class DetectorLearning implements Learning {
  private final DetectorModel model;
  private final DetectionDataset train;
  private final DetectionDataset test;
  private final Setup setup;
  private final DetectionTraining training;

  private DetectorLearning(
      DetectorModel model,
      DetectionDataset train,
      DetectionDataset test,
      SamplingFlags sampling,
      Setup setup) {
    this.model = model;
    this.train = train;
    this.test = test;
    this.setup = setup;
    this.training =
        new DetectionTraining(
            model,
            train,
            test,
            setup.options(),
            sampling.objective(model.network().head()),
            setup.out(),
            setup.weightType(),
            setup.workers());
  }

  /** Loads the data and makes the network. */
  static DetectorLearning of(
      DataOptions data, NetworkFlags network, SamplingFlags sampling, Setup setup)
      throws Exception {
    Parts<DetectionDataset> parts = data.loadDetection();
    DetectionDataset train = parts.train().first(setup.limit());
    DetectionDataset test = parts.test().first(setup.limit());
    DetectorModel model =
        setup.seeded(
            () ->
                network.createDense(
                    ModelTask.DETECT,
                    data,
                    train.classNames(),
                    description -> DetectorModel.create(description, Device.cpu())));
    try {
      return new DetectorLearning(model, train, test, sampling, setup);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public DetectorModel model() {
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
  public DetectionTraining training() {
    return training;
  }

  @Override
  public String measured(EpochResult kept) throws IOException {
    return "test "
        + DetectionReport.line(
            DetectorEvaluation.run(model, test, overlaps(model), setup.workers(), done -> {}));
  }

  /** What of a detector's answers can be measured: boxes, and masks where it gives them. */
  static Set<Overlap> overlaps(DetectorModel model) {
    return model.description().head().task().equals(Optional.of(Task.INSTANCE_SEGMENTATION))
        ? EnumSet.allOf(Overlap.class)
        : EnumSet.of(Overlap.BOXES);
  }

  @Override
  public void close() {
    model.close();
  }
}
