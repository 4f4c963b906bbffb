package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.tasks.training.RestorationSettings;
import dev.visionmamba.tasks.training.RestorationSettings.LossKind;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say what a restorer learns. */
final class RestorationFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--degradation",
      paramLabel = "NAME",
      description =
          "To restore: how good pictures are made bad, x2 (shrunk by bicubic interpolation),"
              + " noise25 (Gaussian, its deviation on the scale of 0 to 255) or jpeg40 (the"
              + " quality).")
  private String degradation;

  @Option(
      names = "--patch",
      paramLabel = "N",
      description =
          "To restore: the side of the pieces of bad pictures to learn from (default: 48).")
  private Integer patch;

  @Option(
      names = "--pieces",
      paramLabel = "N",
      description = "To restore: how many pieces of each picture an epoch has (default: 32).")
  private Integer pieces;

  @Option(
      names = "--loss",
      paramLabel = "NAME",
      description = "To restore: ${COMPLETION-CANDIDATES} (default: l1).")
  private LossKind loss;

  /** Whether any was given. */
  boolean given() {
    return degradation != null || patch != null || pieces != null || loss != null;
  }

  /**
   * What is learned.
   *
   * @throws ParameterException if no degradation was given or a number is out of range
   */
  RestorationSettings settings() {
    Degradation bad = degradation();
    RestorationSettings base = RestorationSettings.of(bad);
    try {
      return new RestorationSettings(
          bad,
          patch == null ? base.patch() : patch,
          pieces == null ? base.crops() : pieces,
          loss == null ? base.loss() : loss);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--patch, --pieces: " + e.getMessage(), e);
    }
  }

  private Degradation degradation() {
    if (degradation == null) {
      throw new ParameterException(
          spec.commandLine(),
          "to learn to restore, say by --degradation from what: x2, noise25 or jpeg40");
    }
    return named(degradation, spec);
  }

  static Degradation named(String name, CommandSpec spec) {
    try {
      return Degradation.of(name);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--degradation: " + e.getMessage(), e);
    }
  }
}
