package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.ScanStrategies;
import java.util.Collections;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** The four directions of PlainMamba-L1 at 224x224: 196 tokens, 384 channels of 16 states. */
@OperationsPerInvocation(
    4 * PlainMambaScan.TOKENS * PlainMambaScan.CHANNELS * PlainMambaScan.STATES)
public class PlainMambaScan extends ScanBenchmark {
  static final int TOKENS = 196;
  static final int CHANNELS = 384;
  static final int STATES = 16;

  /** Its shape. */
  public PlainMambaScan() {
    super(
        ScanStrategies.CONTINUOUS.paths(14, 14),
        Collections.nCopies(4, ScanPath.raster(TOKENS)),
        CHANNELS,
        STATES,
        false);
  }
}
