package dev.visionmamba.tasks.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say which pictures are set aside to measure with, and what if some are bad. */
final class SplitOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--validation",
      paramLabel = "SHARE",
      defaultValue = "0.2",
      description =
          "The part of the pictures (of each class's, for classify) that is set aside to measure"
              + " with, where the folder has no val of its own (default: ${DEFAULT-VALUE}).")
  private double validation;

  @Option(
      names = "--split-seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Which pictures are set aside (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--strict",
      description =
          "Refuse a folder with a picture, or an annotation, that cannot be used, instead of"
              + " skipping it.")
  private boolean strict;

  /**
   * The part that is set aside.
   *
   * @throws ParameterException if it is out of range
   */
  double share() {
    if (!(validation > 0 && validation < 1)) {
      throw new ParameterException(
          spec.commandLine(), "--validation must be above 0 and below 1, not " + validation);
    }
    return validation;
  }

  /** Which pictures are set aside. */
  long seed() {
    return seed;
  }

  /** Whether what cannot be used is refused. */
  boolean strict() {
    return strict;
  }
}
