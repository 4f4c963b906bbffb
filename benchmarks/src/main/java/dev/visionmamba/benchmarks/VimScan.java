package dev.visionmamba.benchmarks;

import dev.visionmamba.scans.ScanPath;
import java.util.List;
import org.openjdk.jmh.annotations.OperationsPerInvocation;

/** One direction of Vim-Ti at 224x224: 197 tokens, 384 channels of 16 states, with a gate. */
@OperationsPerInvocation(VimScan.TOKENS * VimScan.CHANNELS * VimScan.STATES)
public class VimScan extends ScanBenchmark {
  static final int TOKENS = 197;
  static final int CHANNELS = 384;
  static final int STATES = 16;

  /** Its shape. */
  public VimScan() {
    super(
        List.of(ScanPath.raster(TOKENS)), List.of(ScanPath.raster(TOKENS)), CHANNELS, STATES, true);
  }
}
