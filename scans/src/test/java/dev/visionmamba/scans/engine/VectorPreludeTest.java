package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import dev.visionmamba.scans.NormalizationArguments;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiled code that looks up what an operation of the Vector API does is not thrown away when
 * another operation is first used. Without the prelude it is, for one reason or another:
 * unstable_if, where the cache has nothing yet, or a check of types.
 */
class VectorPreludeTest {
  @TempDir private Path folder;

  @Test
  void theLookUpIsCompiledForGood() throws Exception {
    Path log = folder.resolve("compilation.xml");
    String output =
        ChildJvm.run(
            OneAfterAnother.class,
            "--add-modules=jdk.incubator.vector",
            "-Dvisionmamba.threads=1",
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:+LogCompilation",
            "-XX:LogFile=" + log);
    assertThat(output).contains("done");
    List<String> lines = Files.readAllLines(log);
    // The log is one of a compiler that has compiled the look-up.
    assertThat(lines).anyMatch(line -> line.contains("ImplCache find"));
    List<String> taken = new ArrayList<>();
    for (int i = 0; i + 1 < lines.size(); i++) {
      // With a thread it has been taken while running; without, it has been compiled.
      if (lines.get(i).startsWith("<uncommon_trap thread=")
          && lines.get(i + 1).contains("VectorOperators$ImplCache find ")) {
        taken.add(lines.get(i) + lines.get(i + 1));
      }
    }
    assertThat(taken).isEmpty();
  }

  /** One kind of operator until it is compiled, then another. */
  static final class OneAfterAnother {
    private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(700);

    private OneAfterAnother() {}

    public static void main(String[] args) {
      ScanEngine engine = ScanEngines.named("vector");
      try (NDManager manager = NDManager.newBaseManager();
          GradientMode off = GradientMode.off()) {
        Columns x = Columns.all(manager.ones(new Shape(1, 64, 96)));
        NDArray vector = manager.ones(new Shape(96));
        ScanDirection direction =
            new ScanDirection(
                ScanPath.raster(64),
                x,
                x,
                new Columns(x.array(), 0, 10),
                new Columns(x.array(), 10, 20),
                manager.ones(new Shape(96, 10)).neg(),
                vector,
                null);
        SelectiveScanArguments scan =
            new SelectiveScanArguments(List.of(direction), null, Merge.SUM, false);
        SelectiveScanArguments whole =
            new SelectiveScanArguments(List.of(direction), x, Merge.SUM, true);
        NormalizationArguments rms =
            new NormalizationArguments(x.array(), vector, null, 1e-5f, null);
        NormalizationArguments norm =
            new NormalizationArguments(x.array(), vector, vector, 1e-5f, x);
        DepthwiseConv2dArguments maps =
            new DepthwiseConv2dArguments(x, 8, 8, manager.ones(new Shape(96, 1, 3, 3)), vector);
        CausalConv1dArguments sequences =
            new CausalConv1dArguments(
                ScanPath.raster(64), x, manager.ones(new Shape(96, 4)), vector);
        repeat(() -> engine.selectiveScan(scan, false).output().close());
        repeat(() -> engine.normalize(rms).close());
        repeat(() -> engine.selectiveScan(whole, false).output().close());
        repeat(() -> engine.normalize(norm).close());
        repeat(() -> engine.depthwiseConv2d(maps).close());
        repeat(() -> engine.causalConv1d(sequences).close());
        repeat(() -> engine.selectiveScanBackward(whole, x.array()).close());
      }
      System.out.println("done");
    }

    private static void repeat(Runnable operator) {
      long end = System.nanoTime() + NANOS;
      while (System.nanoTime() < end) {
        operator.run();
      }
    }
  }
}
