package dev.visionmamba.tasks.cli;

import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ModelDescription;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say how large a dense network sees pictures. */
final class InputFlags {
  /** ImageNet's mean of red, green and blue, in 0..1. */
  static final List<Float> MEAN = List.of(0.485f, 0.456f, 0.406f);

  /** ImageNet's standard deviations. */
  static final List<Float> STD = List.of(0.229f, 0.224f, 0.225f);

  private static final FitInput SCENES = new FitInput(128, 2048, 32, MEAN, STD);
  private static final FitInput SEGMENTATION = new FitInput(512, 2048, 32, MEAN, STD);
  private static final FitInput DETECTION = new FitInput(800, 1333, 32, MEAN, STD);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--shorter-side",
      paramLabel = "PIXELS",
      description =
          "To segment or detect: what a picture's shorter side becomes, and for segmentation the"
              + " windows that are learned from (default: 512 to segment, 800 to detect, 128 for"
              + " fashion-scenes).")
  private Integer shorterSide;

  @Option(
      names = "--longer-side",
      paramLabel = "PIXELS",
      description =
          "The most that its longer side becomes (default: 2048, 1333 to detect but for"
              + " fashion-scenes).")
  private Integer longerSide;

  @Option(
      names = "--multiple",
      paramLabel = "PIXELS",
      description = "Both sides are filled up to a multiple of this (default: 32).")
  private Integer multiple;

  /** Whether any was given. */
  boolean given() {
    return shorterSide != null || longerSide != null || multiple != null;
  }

  /** The input for a data set. */
  FitInput fit(DataSet dataset) {
    return changed(
        switch (dataset) {
          case FASHION_SCENES -> SCENES;
          case COCO -> DETECTION;
          default -> SEGMENTATION;
        });
  }

  /** The input for a data set, with the statistics that a trained model is used to. */
  FitInput fit(DataSet dataset, ModelDescription trained) {
    FitInput fit = fit(dataset);
    List<Float> mean = trained.fit() == null ? trained.input().mean() : trained.fit().mean();
    List<Float> std = trained.fit() == null ? trained.input().std() : trained.fit().std();
    return new FitInput(fit.shorterSide(), fit.longerSide(), fit.multiple(), mean, std);
  }

  /**
   * An input, with what was given in place of its own.
   *
   * @throws ParameterException if a side is out of range
   */
  FitInput changed(FitInput fit) {
    int shorter = shorterSide == null ? fit.shorterSide() : shorterSide;
    int longer = longerSide == null ? fit.longerSide() : longerSide;
    int both = multiple == null ? fit.multiple() : multiple;
    if (shorter < 1 || longer < shorter || both < 1) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(
              "--shorter-side and --multiple must be at least 1, and --longer-side at least"
                  + " --shorter-side, got %d, %d and %d",
              shorter, both, longer));
    }
    return new FitInput(shorter, longer, both, fit.mean(), fit.std());
  }
}
