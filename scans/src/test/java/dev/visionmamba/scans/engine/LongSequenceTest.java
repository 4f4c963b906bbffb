package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A million tokens of 64 channels, with 16 states each, fit into 2 GiB in all. */
@EnabledOnOs(OS.LINUX) // where a process can read its peak memory
class LongSequenceTest {
  private static final int TOKENS = 1_000_000;
  private static final int CHANNELS = 64;
  private static final int STATES = 16;

  @Test
  void aMillionTokensTakeNoMoreMemoryThanTheirArrays() throws Exception {
    String output =
        ChildJvm.run(MillionTokens.class, "-Xmx128m", "--add-modules=jdk.incubator.vector");
    // With u = delta = B = C = 1 and A = -1 all states are the same, and tend to 1 / (1 - 1/e).
    assertThat(output).contains("first 16.0000", "last 25.3116", "engine vector");
    long peakKiB = Long.parseLong(output.replaceAll("(?s).*VmHWM:\\s+(\\d+) kB.*", "$1"));
    assertThat(peakKiB).isLessThan(2L << 20);
  }

  /** Scans and prints the ends of the output and the process's peak memory. */
  static final class MillionTokens {
    private MillionTokens() {}

    public static void main(String[] args) throws Exception {
      try (NDManager manager = NDManager.newBaseManager();
          GradientMode off = GradientMode.off()) {
        Columns input = Columns.all(manager.ones(new Shape(1, TOKENS, CHANNELS)));
        Columns parameters = Columns.all(manager.ones(new Shape(1, TOKENS, STATES)));
        NDArray a = manager.ones(new Shape(CHANNELS, STATES)).neg();
        ScanDirection direction =
            new ScanDirection(
                ScanPath.raster(TOKENS), input, input, parameters, parameters, a, null, null);
        NDArray y =
            SelectiveScan.forward(
                new SelectiveScanArguments(List.of(direction), null, Merge.SUM, false));
        FloatBuffer values = y.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
        System.out.printf(
            Locale.ROOT,
            "first %.4f last %.4f engine %s%n",
            values.get(0),
            values.get(values.limit() - 1),
            ScanEngines.available().get(0).name());
      }
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("VmHWM")) {
          System.out.println(line);
        }
      }
    }
  }
}
