package dev.visionmamba.benchmarks;

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
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How a scan's time grows with its length: 65,536 tokens of 64 channels with 16 states, as one
 * sequence or as several shorter ones after each other. What is counted is a token.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Dvisionmamba.threads=1",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
@State(Scope.Thread)
public class ScanLength {
  private static final int ALL_TOKENS = 65_536;
  private static final int CHANNELS = 64;
  private static final int STATES = 16;

  /** Tokens of a sequence. */
  @Param({"1024", "8192", "65536"})
  int tokens;

  private NDManager manager;
  private GradientMode gradients;
  private SelectiveScanArguments arguments;

  /** Makes the operands. */
  @Setup(Level.Trial)
  public void open() {
    manager = NDManager.newBaseManager();
    gradients = GradientMode.off();
    Shape shape = new Shape(1, tokens, CHANNELS);
    NDArray parameters = manager.randomUniform(-1, 1, new Shape(1, tokens, 2 * STATES));
    ScanDirection direction =
        new ScanDirection(
            ScanPath.raster(tokens),
            Columns.all(manager.randomUniform(-1, 1, shape)),
            Columns.all(manager.randomUniform(-1, 1, shape)),
            new Columns(parameters, 0, STATES),
            new Columns(parameters, STATES, 2 * STATES),
            manager.randomUniform(-16, -1, new Shape(CHANNELS, STATES)),
            manager.ones(new Shape(CHANNELS)),
            manager.zeros(new Shape(CHANNELS)));
    arguments = new SelectiveScanArguments(List.of(direction), null, Merge.SUM, true);
  }

  /** Frees the operands. */
  @TearDown(Level.Trial)
  public void close() {
    gradients.close();
    manager.close();
  }

  /** Scans all tokens. */
  @Benchmark
  @OperationsPerInvocation(ALL_TOKENS)
  public void forward() {
    for (int done = 0; done < ALL_TOKENS; done += tokens) {
      SelectiveScan.forward(arguments).close();
    }
  }
}
