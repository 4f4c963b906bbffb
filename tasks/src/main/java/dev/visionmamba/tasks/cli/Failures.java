package dev.visionmamba.tasks.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** Says what went wrong in one line. */
final class Failures {
  private Failures() {}

  /** Reports a command's exception: picocli's handler. */
  static int report(Exception e, CommandLine command, CommandLine.ParseResult result) {
    command.getErr().println("visionmamba: " + message(e));
    if (Boolean.getBoolean("visionmamba.stacktrace")) {
      e.printStackTrace(command.getErr());
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** Reports a wrong use in a line, and where to read more: picocli's handler. */
  static int wrongUse(CommandLine.ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    command.getErr().println("visionmamba: " + oneLine(String.valueOf(e.getMessage())));
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, command.getErr())) {
      command.getErr().printf("Try: %s --help%n", command.getCommandSpec().qualifiedName(" "));
    }
    return CommandLine.ExitCode.USAGE;
  }

  /** What an exception says, on one line. */
  static String message(Throwable e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof NoSuchFileException missing && missing.getReason() == null) {
      message = missing.getFile() + " does not exist";
    } else if (e instanceof FileAlreadyExistsException there && there.getReason() == null) {
      message = there.getFile() + " exists already";
    } else if (e instanceof AccessDeniedException) {
      message = message + " may not be read or written";
    } else if (e instanceof RuntimeException && !(e instanceof IllegalArgumentException)) {
      // Not foreseen: its type may say more than its message.
      message = e.getClass().getSimpleName() + ": " + message;
    }
    return oneLine(message);
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
