package dev.visionmamba.tasks.cli;

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
final class RestorerLearning {
  /** The note that tells how a model's pictures were made bad. */
  static final String DEGRADATION = "degradation";

  private RestorerLearning() {}

  /** Makes the network and finds the pictures, grey or in colour as the network has them. */
  static Learning of(
      DataOptions data, NetworkFlags network, RestorationFlags flags, Learning.Setup setup)
      throws Exception {
    RestorationSettings settings = flags.settings();
    RestorerModel model =
        setup.seeded(
            () ->
                network.createRestorer(
                    data,
                    settings.degradation(),
                    description -> RestorerModel.create(description, network.device())));
    return Learning.of(
        model, () -> of(model, data.loadPictures(model.network().channels()), settings, setup));
  }

  private static Learning of(
      RestorerModel model,
      PictureFolder.Parts parts,
      RestorationSettings settings,
      Learning.Setup setup)
      throws IOException {
    PictureFolder train = parts.train().first(setup.limit());
    PictureFolder test = parts.validation().first(setup.limit());
    return new Learning(
        model,
        train.count(),
        test.count(),
        new RestorationTraining(
            model,
            train,
            test,
            settings,
            setup.options(),
            setup.out(),
            setup.weightType(),
            setup.workers()),
        Map.of(DEGRADATION, settings.degradation().toString()),
        kept ->
            "test "
                + line(
                    RestorerEvaluation.run(
                        model,
                        test,
                        settings.degradation(),
                        Integer.MAX_VALUE,
                        setup.workers(),
                        done -> {})));
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
}
