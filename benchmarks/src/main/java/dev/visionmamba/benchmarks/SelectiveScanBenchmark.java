package dev.visionmamba.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanEngines;
import java.util.List;
import java.util.Random;
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
 * One direction of Vim-Ti at 224x224 in one thread: one image, 384 channels of 16 states, 197
 * tokens, with softplus, delta bias, D and gate. What is counted is the update of one state, its
 * exponential included; a whole scan is 1,210,368 of them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 10, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Dvisionmamba.threads=1",
      "-Dai.djl.pytorch.num_threads=1",
      "-Dai.djl.pytorch.num_interop_threads=1",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
public class SelectiveScanBenchmark {
  private static final int TOKENS = 197;
  private static final int CHANNELS = 384;
  private static final int STATES = 16;
  private static final int UPDATES = TOKENS * CHANNELS * STATES;

  /** The operands, and the gradient of the output. */
  private static final class Operands implements AutoCloseable {
    private final NDManager manager = NDManager.newBaseManager();
    private final Random random = new Random(1);
    private final SelectiveScanArguments arguments;
    private final NDArray outputGradient = uniform(-1, 1, 1, TOKENS, CHANNELS);

    Operands() {
      NDArray projected = uniform(-1, 1, 1, TOKENS, 2 * STATES); // B and C side by side
      ScanDirection direction =
          new ScanDirection(
              ScanPath.raster(TOKENS),
              Columns.all(uniform(-1, 1, 1, TOKENS, CHANNELS)),
              Columns.all(uniform(-1, 1, 1, TOKENS, CHANNELS)),
              new Columns(projected, 0, STATES),
              new Columns(projected, STATES, 2 * STATES),
              uniform(-16, -1, CHANNELS, STATES),
              uniform(0, 1, CHANNELS),
              uniform(-6, -2, CHANNELS));
      Columns gate = Columns.all(uniform(-1, 1, 1, TOKENS, CHANNELS));
      arguments = new SelectiveScanArguments(List.of(direction), gate, Merge.SUM, true);
    }

    private NDArray uniform(float low, float high, long... shape) {
      float[] values = new float[(int) new Shape(shape).size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = low + (high - low) * random.nextFloat();
      }
      return manager.create(values, new Shape(shape));
    }

    @Override
    public void close() {
      manager.close();
    }
  }

  /** A forward pass, as in a prediction. */
  @State(Scope.Thread)
  public static class Forward {
    /** The engine that is measured. */
    @Param({"vector", "plain", "ndarray"})
    String engine;

    private ScanEngine scan;
    private Operands operands;
    private GradientMode gradients;

    /** Makes the operands. */
    @Setup(Level.Trial)
    public void open() {
      scan = ScanEngines.named(engine);
      operands = new Operands();
      gradients = GradientMode.off();
    }

    /** Frees the operands. */
    @TearDown(Level.Trial)
    public void close() {
      gradients.close();
      operands.close();
    }
  }

  /** A backward pass; autograd has the one of DJL's own operations. */
  @State(Scope.Thread)
  public static class Backward {
    /** The engine that is measured. */
    @Param({"vector", "plain"})
    String engine;

    private ScanEngine scan;
    private Operands operands;
    private GradientMode gradients;

    /** Makes the operands. */
    @Setup(Level.Trial)
    public void open() {
      scan = ScanEngines.named(engine);
      operands = new Operands();
      gradients = GradientMode.off();
    }

    /** Frees the operands. */
    @TearDown(Level.Trial)
    public void close() {
      gradients.close();
      operands.close();
    }
  }

  /**
   * One forward scan.
   *
   * @param state the operands
   * @return something that depends on it
   */
  @Benchmark
  @OperationsPerInvocation(UPDATES)
  public Object forward(Forward state) {
    try (NDArray output = state.scan.selectiveScan(state.operands.arguments, false).output()) {
      return output;
    }
  }

  /**
   * The gradients of all operands of one scan, the forward pass that they need included.
   *
   * @param state the operands
   * @return something that depends on it
   */
  @Benchmark
  @OperationsPerInvocation(UPDATES)
  public Object backward(Backward state) {
    try (NDList gradients =
        state.scan.selectiveScanBackward(state.operands.arguments, state.operands.outputGradient)) {
      return gradients;
    }
  }
}
