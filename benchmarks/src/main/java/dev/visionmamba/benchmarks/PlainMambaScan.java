package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import java.util.Collections;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** The four directions of PlainMamba-L1 at 224x224: 196 tokens, 384 channels of 16 states. */
public class PlainMambaScan extends ScanBenchmark {
  private static final int TOKENS = 196;
  private static final int CHANNELS = 384;
  private static final int STATES = 16;
  private static final int UPDATES = 4 * TOKENS * CHANNELS * STATES;

  /** Its shape. */
  public PlainMambaScan() {
    super(
        ScanStrategies.CONTINUOUS.paths(14, 14),
        Collections.nCopies(4, ScanPath.raster(TOKENS)),
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
