package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.scans.engine.Threads;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option that says how many threads share a batch's images. */
final class WorkersOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "How many threads share the images, each with some of its own (default: one a core, on a GPU"
              + " one; 1:"
              + " all cores share every operation). Each works alone, unless"
              + " -Dvisionmamba.threads gives it more threads.")
  private Integer workers;

  /**
   * How many workers there are. More than one of them work with a single thread each from now on,
   * unless java was started with another number. A GPU computes for one after the other anyway.
   *
   * @param device where the network computes
   * @throws ParameterException if the option is below 1
   */
  int start(Device device) {
    boolean chosen = System.getProperty(Threads.PROPERTY) != null;
    if (workers != null && workers < 1) {
      throw new ParameterException(spec.commandLine(), "--workers must be at least 1");
    }
    int cores = Runtime.getRuntime().availableProcessors();
    int usual = device.isGpu() ? 1 : Math.max(1, cores / (chosen ? Threads.perOperation() : 1));
    int count = workers != null ? workers : usual;
    if (count > 1 && !chosen) {
      System.setProperty(Threads.PROPERTY, "1");
    }
    return count;
  }
}
