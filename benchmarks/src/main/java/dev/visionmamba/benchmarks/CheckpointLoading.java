package dev.visionmamba.benchmarks;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.checkpoint.CheckpointFile;
import dev.visionmamba.zoo.checkpoint.LoadOptions;
import dev.visionmamba.zoo.checkpoint.WeightLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/**
 * How long a checkpoint takes from its file into a new network, and how much memory: the growth of
 * the process's largest resident size while it is loaded (Linux).
 */
public final class CheckpointLoading {
  private static final int ROUNDS = 10;

  private CheckpointLoading() {}

  /**
   * Loads a file again and again, and prints a line each time.
   *
   * @param arguments the file, and the network's name, such as {@code vmamba_tiny_s1l8}
   * @throws Exception if it cannot be loaded
   */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("usage: CheckpointLoading FILE NETWORK");
      System.exit(2);
    }
    Path file = Path.of(arguments[0]);
    double bytes = Files.size(file);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      manager.create(new float[] {1}).close(); // the engine is started
      for (int round = 0; round < ROUNDS; round++) {
        System.gc();
        resetPeak();
        long resident = status("VmRSS");
        long start = System.nanoTime();
        try (NDManager owner = manager.newSubManager();
            CheckpointFile opened = CheckpointFile.open(file)) {
          double openMillis = (System.nanoTime() - start) * 1e-6;
          Classifier network = Classifier.create(arguments[1], Map.of());
          WeightLoader.load(opened, network, LoadOptions.STRICT, owner);
          double millis = (System.nanoTime() - start) * 1e-6;
          long grown = status("VmHWM") - resident;
          System.out.printf(
              Locale.ROOT,
              "round %d: %.0f ms, of which opening %.0f ms; memory grew by %.1f MB, %.2f of the"
                  + " file's %.1f MB%n",
              round,
              millis,
              openMillis,
              grown * 1e-6,
              grown / bytes,
              bytes * 1e-6);
        }
      }
    }
  }

  /** Makes the largest resident size start again from the present one. */
  private static void resetPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
  }

  /** A size that Linux knows of this process, in bytes. */
  private static long status(String field) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith(field + ":")) {
        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    throw new IOException("/proc/self/status has no " + field);
  }
}
