package dev.visionmamba.tasks.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command {@code visionmamba}. Exit codes: 0 for success, 1 for a failure (said in one line on
 * stderr), 2 for a wrong use of the command line.
 */
@Command(
    name = "visionmamba",
    mixinStandardHelpOptions = true,
    version = "visionmamba 0.1.0",
    description =
        "Vision Mamba models: classify, segment and restore pictures, find objects, train, evaluate,"
            + " measure.",
    subcommands = {
      ClassifyCommand.class,
      DetectCommand.class,
      SegmentCommand.class,
      RestoreCommand.class,
      TrainCommand.class,
      EvaluateCommand.class,
      ModelsCommand.class,
      DownloadCommand.class,
      CacheCommand.class,
      BenchmarkCommand.class,
      ExportCommand.class,
      ScanPathsCommand.class,
      ScenesCommand.class,
      CheckpointCommand.class,
      CommandLine.HelpCommand.class
    },
    footer = {"", "Exit codes: 0 success, 1 failure, 2 wrong use."})
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  private Main() {}

  /**
   * Runs a command and exits with its code.
   *
   * @param arguments the command line
   */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /**
   * Runs a command.
   *
   * @param arguments the command line
   * @return the exit code
   */
  public static int run(String... arguments) {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler(Failures::report)
        .setParameterExceptionHandler(Failures::wrongUse)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(arguments);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command? See --help.");
  }
}
