package dev.visionmamba.tasks.cli;

import dev.visionmamba.zoo.checkpoint.CheckpointException;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code visionmamba checkpoint}. */
@Command(
    name = "checkpoint",
    mixinStandardHelpOptions = true,
    description =
        "Looks into weight files of PyTorch (.pth, .pt) and safetensors, converts them, and checks"
            + " which network they fit. Nothing in a file is ever run.",
    subcommands = {
      CheckpointInspectCommand.class,
      CheckpointConvertCommand.class,
      CheckpointVerifyCommand.class,
      HelpCommand.class
    })
final class CheckpointCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "What about the checkpoint? See --help.");
  }

  /** A text out of a file, safe to print on one line. */
  static String printable(String text) {
    String quoted = CheckpointException.quote(text);
    return quoted.substring(1, quoted.length() - 1);
  }
}
