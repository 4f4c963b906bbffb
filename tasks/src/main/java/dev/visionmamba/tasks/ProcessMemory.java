package dev.visionmamba.tasks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this process holds, as Linux tells it. */
public final class ProcessMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /**
   * The most that was resident since the process began.
   *
   * @return 10^6 bytes; -1 where the system does not tell
   */
  public static double peakResidentMegabytes() {
    return read("VmHWM:");
  }

  /**
   * What is resident now.
   *
   * @return 10^6 bytes; -1 where the system does not tell
   */
  public static double residentMegabytes() {
    return read("VmRSS:");
  }

  /**
   * Lets {@link #peakResidentMegabytes} start anew from what is resident now (Linux's {@code
   * clear_refs}).
   *
   * @return whether the system did so
   */
  static boolean resetPeak() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static double read(String key) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(key)) {
          String kibibytes = line.substring(key.length()).replace("kB", "").strip();
          return Long.parseLong(kibibytes) * 1024e-6;
        }
      }
    } catch (IOException | NumberFormatException e) {
      return -1; // not Linux
    }
    return -1;
  }
}
