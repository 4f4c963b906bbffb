package dev.visionmamba.tasks.cli;

import ai.djl.engine.Engine;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option that shows where a command's time goes. */
final class VerboseOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say on stderr how long each step took: the JVM's start, the engine's, ...")
  private boolean verbose;

  private long step;

  /** Begins with the command: what was before is the JVM's start. Starts the engine. */
  void begin() {
    if (!verbose) {
      return;
    }
    long now = System.currentTimeMillis();
    say("start of the JVM", now - ManagementFactory.getRuntimeMXBean().getStartTime());
    step = System.nanoTime();
    Engine.getEngine("PyTorch");
    ended("start of the engine");
  }

  /** A step is over, and the next begins. */
  void ended(String name) {
    if (verbose) {
      say(name, (System.nanoTime() - step) / 1_000_000);
      step = System.nanoTime();
    }
  }

  private void say(String name, long milliseconds) {
    String line = String.format(Locale.ROOT, "%-20s %,7d ms", name, milliseconds);
    spec.commandLine().getErr().println(line);
    spec.commandLine().getErr().flush();
  }
}
