package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.tasks.training.EpochResult;
import dev.visionmamba.tasks.training.PictureFolder;
import dev.visionmamba.tasks.training.RestorationScore;
import dev.visionmamba.tasks.training.RestorationSettings;
import dev.visionmamba.tasks.training.RestorationTraining;
import dev.visionmamba.tasks.training.RestorerEvaluation;
import dev.visionmamba.zoo.RestorerModel;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** The training of a restorer. */
final class RestorerLearning implements Learning {
  /** The note that tells how a model's pictures were made bad. */
  static final String DEGRADATION = "degradation";

  private final RestorerModel model;
  private final PictureFolder train;
  private final PictureFolder test;
  private final RestorationSettings settings;
  private final Setup setup;
  private final RestorationTraining training;

  private RestorerLearning(
      RestorerModel model, PictureFolder.Parts parts, RestorationSettings settings, Setup setup) {
    this.model = model;
    this.train = parts.train();
    this.test = parts.validation();
    this.settings = settings;
    this.setup = setup;
    this.training =
        new RestorationTraining(
            model,
            train,
            test,
            settings,
            setup.options(),
            setup.out(),
            setup.weightType(),
            setup.workers());
  }

  /** Makes the network and finds the pictures. */
  static RestorerLearning of(
      DataOptions data, NetworkFlags network, RestorationFlags flags, Setup setup)
      throws Exception {
    RestorationSettings settings = flags.settings();
    RestorerModel model =
        setup.seeded(
            () ->
                network.createRestorer(
                    data,
                    settings.degradation(),
                    description -> RestorerModel.create(description, Device.cpu())));
    try {
      PictureFolder.Parts parts = data.loadPictures(model.network().channels());
      return new RestorerLearning(
          model,
          new PictureFolder.Parts(
              parts.train().first(setup.limit()), parts.validation().first(setup.limit())),
          settings,
          setup);
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public RestorerModel model() {
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
  public RestorationTraining training() {
    return training;
  }

  @Override
  public Map<String, String> notes() {
    return Map.of(DEGRADATION, settings.degradation().toString());
  }

  @Override
  public String measured(EpochResult kept) throws IOException {
    return "test "
        + line(
            RestorerEvaluation.run(
                model,
                test,
                settings.degradation(),
                Integer.MAX_VALUE,
                setup.workers(),
                done -> {}));
  }

  /** A score in a line. */
  static String line(RestorationScore score) {
    return String.format(
        Locale.ROOT,
        "PSNR %.2f dB (before %.2f, %+.2f), SSIM %.4f (before %.4f)",
        score.psnr(),
        score.badPsnr(),
        score.gain(),
        score.ssim(),
        score.badSsim());
  }

  @Override
  public void close() {
    model.close();
  }
}
