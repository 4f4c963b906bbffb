package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import java.util.List;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/**
 * One direction of the first stage of VMamba-T at 224x224: 3136 tokens, 192 channels of one state.
 */
@OperationsPerInvocation(VMambaScan.TOKENS * VMambaScan.CHANNELS * VMambaScan.STATES)
public class VMambaScan extends ScanBenchmark {
  static final int TOKENS = 3136;
  static final int CHANNELS = 192;
  static final int STATES = 1;

  /** Its shape. */
  public VMambaScan() {
    super(
        List.of(ScanPath.raster(TOKENS)),
        List.of(ScanPath.raster(TOKENS)),
        CHANNELS,
        STATES,
        false);
  }
}
