package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.ThreadMXBean;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import dev.visionmamba.scans.NormalizationArguments;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Operators make no arrays on the heap but for the first of their size on a thread. */
class AllocationTest {
  private static final int TOKENS = 64;
  private static final int CHANNELS = 128;
  private static final int STATES = 16;

  /** Less than a row of every array that an operator works with; what remains are small objects. */
  private static final long BYTES = 16 * 1024;

  @Test
  void scansAfterTheFirstAllocateNoArrays() {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      SelectiveScanArguments arguments = arguments(manager);
      check(engine -> engine.selectiveScan(arguments, false).output());
    }
  }

  @Test
  void normsAfterTheFirstAllocateNoArrays() {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      NDArray x = manager.ones(new Shape(1, TOKENS, CHANNELS));
      NDArray ones = manager.ones(new Shape(CHANNELS));
      for (NDArray bias : new NDArray[] {ones, null}) {
        NormalizationArguments arguments =
            new NormalizationArguments(x, ones, bias, 1e-5f, Columns.all(x));
        check(engine -> engine.normalize(arguments));
      }
    }
  }

  @Test
  void convolutionsOfMapsAfterTheFirstAllocateNoArrays() {
    try (NDManager manager = NDManager.newBaseManager();
        GradientMode off = GradientMode.off()) {
      DepthwiseConv2dArguments arguments =
          new DepthwiseConv2dArguments(
              Columns.all(manager.ones(new Shape(1, TOKENS, CHANNELS))),
              8,
              TOKENS / 8,
              manager.ones(new Shape(CHANNELS, 1, 3, 3)),
              manager.ones(new Shape(CHANNELS)));
      check(engine -> engine.depthwiseConv2d(arguments));
    }
  }

  private static void check(Function<ScanEngine, NDArray> operator) {
    for (ScanEngine engine : List.of(ScanEngines.named("vector"), ScanEngines.named("plain"))) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE; // the compiler's own work is not the operator's
      // Until the loops are compiled, each of their vectors is an object.
      long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
      while (least >= BYTES && System.nanoTime() < deadline) {
        long before = threads.getCurrentThreadAllocatedBytes();
        NDArray output = operator.apply(engine);
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        output.close();
      }
      assertThat(least).as(engine.name()).isLessThan(BYTES);
    }
  }

  private static SelectiveScanArguments arguments(NDManager manager) {
    Columns input = Columns.all(manager.ones(new Shape(1, TOKENS, CHANNELS)));
    Columns parameters = Columns.all(manager.ones(new Shape(1, TOKENS, STATES)));
    NDArray a = manager.ones(new Shape(CHANNELS, STATES)).neg();
    ScanPath path = ScanPath.raster(TOKENS);
    ScanDirection direction =
        new ScanDirection(path, input, input, parameters, parameters, a, null, null);
    return new SelectiveScanArguments(List.of(direction), input, Merge.SUM, true);
  }
}
