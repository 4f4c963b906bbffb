package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** One direction of Vim-Ti at 224x224: 197 tokens, 384 channels of 16 states, with a gate. */
public class VimScan extends ScanBenchmark {
  private static final int TOKENS = 197;
  private static final int CHANNELS = 384;
  private static final int STATES = 16;
  private static final int UPDATES = TOKENS * CHANNELS * STATES;

  /** Its shape. */
  public VimScan() {
    super(
        List.of(ScanPath.raster(TOKENS)), List.of(ScanPath.raster(TOKENS)), CHANNELS, STATES, true);
  }

  /**
   * One forward scan.
   *
   * @return something that depends on it
   */
  @Benchmark
  @OperationsPerInvocation(UPDATES)
  public Object forward() {
    return runForward();
  }

  /**
   * The gradients of one scan.
   *
   * @return something that depends on them
   */
  @Benchmark
  @OperationsPerInvocation(UPDATES)
  public Object backward() {
    return runBackward();
  }
}
