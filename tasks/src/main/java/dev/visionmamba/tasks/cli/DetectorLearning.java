package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.training.DetectionDataset;
import dev.visionmamba.tasks.training.DetectionTraining;
import dev.visionmamba.tasks.training.DetectorEvaluation;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.catalogue.Task;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The training of a detector. */
final class DetectorLearning {
  private DetectorLearning() {}

  /** Loads the data and makes the network. */
  static Learning of(
      DataOptions data, NetworkFlags network, SamplingFlags sampling, Learning.Setup setup)
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
                    description -> DetectorModel.create(description, network.device())));
    return Learning.of(
        model,
        () ->
            new Learning(
                model,
                train.count(),
                test.count(),
                new DetectionTraining(
                    model,
                    train,
                    test,
                    setup.options(),
                    sampling.objective(model.network().head()),
                    setup.out(),
                    setup.weightType(),
                    setup.workers()),
                Map.of(),
                kept ->
                    "test "
                        + DetectionReport.line(
                            DetectorEvaluation.run(
                                model, test, overlaps(model), setup.workers(), done -> {}))));
  }

  /** What of a detector's answers can be measured: boxes, and masks where it gives them. */
  static Set<Overlap> overlaps(DetectorModel model) {
    return model.description().head().task().equals(Optional.of(Task.INSTANCE_SEGMENTATION))
        ? EnumSet.allOf(Overlap.class)
        : EnumSet.of(Overlap.BOXES);
  }
}
