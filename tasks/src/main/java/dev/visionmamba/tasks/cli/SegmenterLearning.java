package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.SegmentationDataset;
import dev.visionmamba.tasks.training.SegmentationTraining;
import dev.visionmamba.tasks.training.SegmenterEvaluation;
import dev.visionmamba.zoo.SegmenterModel;
import java.util.Map;

/** The training of a segmenter. */
final class SegmenterLearning {
  private SegmenterLearning() {}

  /** Loads the data and makes the network. */
  static Learning of(DataOptions data, NetworkFlags network, Learning.Setup setup)
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
                    description -> SegmenterModel.create(description, network.device())));
    return Learning.of(
        model,
        () ->
            new Learning(
                model,
                train.count(),
                test.count(),
                new SegmentationTraining(
                    model,
                    train,
                    test,
                    setup.options(),
                    setup.out(),
                    setup.weightType(),
                    setup.workers()),
                Map.of(),
                kept ->
                    "test "
                        + SegmentationReport.line(
                            SegmenterEvaluation.run(model, test, setup.workers(), done -> {}))));
  }
}
