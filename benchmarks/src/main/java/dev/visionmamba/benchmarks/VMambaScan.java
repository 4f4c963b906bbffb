package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * One direction of the first stage of VMamba-T at 224x224: 3136 tokens, 192 channels of one state.
 */
public class VMambaScan extends ScanBenchmark {
  private static final int TOKENS = 3136;
  private static final int CHANNELS = 192;
  private static final int STATES = 1;
  private static final int UPDATES = TOKENS * CHANNELS * STATES;

  /** Its shape. */
  public VMambaScan() {
    super(
        List.of(ScanPath.raster(TOKENS)),
        List.of(ScanPath.raster(TOKENS)),
        CHANNELS,
        STATES,
        false);
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
