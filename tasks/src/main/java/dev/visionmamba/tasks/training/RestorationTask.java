package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.loss.Loss;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.heads.restoration.pyramid.PyramidRestorer;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.restoration.RestorationLoss;
import dev.visionmamba.tasks.training.RestorationBatches.Batch;
import dev.visionmamba.tasks.training.RestorationSettings.LossKind;
import dev.visionmamba.zoo.RestorerModel;
import java.io.IOException;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/** Learning to restore pictures; measured by the peak signal-to-noise ratio. */
final class RestorationTask implements TrainingTask<Batch> {
  /** Of larger pictures, so much of the middle is measured after an epoch. */
  private static final int MEASURED_SIDE = 256;

  private static final float EPSILON = 1e-6f;

  /** A hundred decibels, in the thousandths that are counted: a measure is a share of them. */
  private static final long CHANCES = 100_000;

  private final RestorerModel model;
  private final PictureFolder train;
  private final PictureFolder test;
  private final RestorationSettings settings;
  private final TrainingOptions options;
  private final Loss loss;

  /**
   * A task.
   *
   * @throws IllegalArgumentException if the pictures, the degradation or the options do not fit the
   *     model
   */
  RestorationTask(
      RestorerModel model,
      PictureFolder train,
      PictureFolder test,
      RestorationSettings settings,
      TrainingOptions options) {
    RestorerEvaluation.requireFit(model, train, settings.degradation());
    RestorerEvaluation.requireFit(model, test, settings.degradation());
    FineTuning tuning = options.tuning();
    if (backbone(model).isEmpty()
        && (tuning.headOnly() || tuning.frozenStages() >= 0 || tuning.layerDecay() != 1)) {
      throw new IllegalArgumentException(
          model.description().name()
              + " has no backbone whose parts could be frozen or learn slower");
    }
    this.model = model;
    this.train = train;
    this.test = test;
    this.settings = settings;
    this.options = options;
    this.loss =
        settings.loss() == LossKind.L1
            ? RestorationLoss.l1()
            : RestorationLoss.charbonnier(EPSILON);
  }

  @Override
  public RestorerModel model() {
    return model;
  }

  @Override
  public Optional<Backbone> backbone() {
    return backbone(model);
  }

  private static Optional<Backbone> backbone(RestorerModel model) {
    return model.network() instanceof PyramidRestorer network
        ? Optional.of(network.backbone())
        : Optional.empty();
  }

  @Override
  public int count() {
    return Math.multiplyExact(train.count(), settings.crops());
  }

  @Override
  public String identity() {
    return settings + "; " + train.identity() + "; " + test.identity();
  }

  @Override
  public Batches<Batch> batches(int[] order, SplittableRandom random, int threads) {
    return new RestorationBatches(train, settings, options, order, random, threads);
  }

  @Override
  public Step learn(ScanTrainer trainer, Batch batch) {
    NDArray restored = trainer.forward(new NDList(batch.bad())).head();
    NDArray mean = loss.evaluate(new NDList(batch.good()), new NDList(restored));
    return new Step(mean, batch.size() * CHANCES, psnr(restored, batch.good()));
  }

  /** The sum of the pieces' ratios in thousandths of a decibel. */
  private static LongSupplier psnr(NDArray restored, NDArray good) {
    return () -> {
      NDArray difference = restored.stopGradient().sub(good);
      float[] errors =
          difference
              .square()
              .reshape(difference.getShape().get(0), -1)
              .mean(new int[] {1})
              .toFloatArray();
      long sum = 0;
      for (float error : errors) {
        sum += Math.round(1000 * Math.max(0, Math.min(100, -10 * Math.log10(error))));
      }
      return sum;
    };
  }

  @Override
  public MeasureNames measures() {
    return new MeasureNames("PSNR", "PSNR", "dB");
  }

  @Override
  public double measure(int workers) throws IOException {
    return RestorerEvaluation.run(
                model, test, settings.degradation(), MEASURED_SIDE, workers, done -> {})
            .psnr()
        / 100;
  }
}
