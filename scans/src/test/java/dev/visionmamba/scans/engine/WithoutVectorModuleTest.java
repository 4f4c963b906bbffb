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
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A JVM started without {@code --add-modules jdk.incubator.vector} scans too, and says why slower.
 */
class WithoutVectorModuleTest {

  @Test
  void scansAreRightAndOneWarningNamesTheFlag() throws Exception {
    String output = ChildJvm.run(Scans.class, "-XX:TieredStopAtLevel=1"); // starts faster
    assertThat(output)
        .contains("vector module: false", "engine: plain")
        // delta = 1, A = 0, B = C = 1: y[t] is the sum of u up to t.
        .contains("scan 1: [1.0, 3.0, 6.0, 10.0]", "scan 2: [1.0, 3.0, 6.0, 10.0]")
        .containsOnlyOnce("--add-modules jdk.incubator.vector")
        .containsOnlyOnce("WARN dev.visionmamba")
        .doesNotContain("Exception");
  }

  /** Scans twice and prints the results. */
  static final class Scans {
    private Scans() {}

    public static void main(String[] args) {
      System.out.println(
          "vector module: " + ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent());
      for (int i = 1; i <= 2; i++) {
        try (NDManager manager = NDManager.newBaseManager();
            GradientMode off = GradientMode.off()) {
          NDArray y = SelectiveScan.forward(sums(manager));
          System.out.println("scan " + i + ": " + Arrays.toString(y.toFloatArray()));
        }
      }
      System.out.println("engine: " + ScanEngines.available().get(0).name());
    }

    private static SelectiveScanArguments sums(NDManager manager) {
      Shape tokens = new Shape(1, 4, 1);
      Columns u = Columns.all(manager.arange(1f, 5f).reshape(tokens));
      Columns ones = Columns.all(manager.ones(tokens));
      NDArray a = manager.zeros(new Shape(1, 1));
      ScanDirection direction =
          new ScanDirection(ScanPath.raster(4), u, ones, ones, ones, a, null, null);
      return new SelectiveScanArguments(List.of(direction), null, Merge.SUM, false);
    }
  }
}
