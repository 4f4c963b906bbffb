package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.ThreadMXBean;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A scan makes no arrays on the heap but for the first of its size on a thread. */
class AllocationTest {
  private static final int TOKENS = 64;
  private static final int CHANNELS = 128;
  private static final int STATES = 16;

  /** Less than a row of every array that the scan works with; what remains are small objects. */
  private static final long BYTES = 16 * 1024;

  @Test
  void scansAfterTheFirstAllocateNoArrays() {
    for (ScanEngine engine : List.of(ScanEngines.named("vector"), ScanEngines.named("plain"))) {
      try (NDManager manager = NDManager.newBaseManager();
          GradientMode off = GradientMode.off()) {
        SelectiveScanArguments arguments = arguments(manager);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE; // the compiler's own work is not the scan's
        // Until the loops are compiled, each of their vectors is an object.
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (least >= BYTES && System.nanoTime() < deadline) {
          long before = threads.getCurrentThreadAllocatedBytes();
          NDArray output = engine.selectiveScan(arguments, false).output();
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
          output.close();
        }
        assertThat(least).as(engine.name()).isLessThan(BYTES);
      }
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
