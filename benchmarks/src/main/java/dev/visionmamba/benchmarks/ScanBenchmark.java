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
import dev.visionmamba.scans.engine.ScanResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A selective scan of one image as a published network has it, with softplus, delta bias and D.
 * What is counted is the update of one state, its exponential included.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 6, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 2,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Dai.djl.pytorch.num_threads=1",
      "-Dai.djl.pytorch.num_interop_threads=1",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
@State(Scope.Thread)
public abstract class ScanBenchmark {
  private final Random random = new Random(1);
  private final List<ScanPath> paths;
  private final List<ScanPath> parameterPaths;
  private final int tokens;
  private final int channels;
  private final int states;
  private final boolean gated;

  /** The engine that is measured. */
  @Param({"vector", "plain", "ndarray"})
  String engine;

  /** How many threads share the work. */
  @Param({"1", "2"})
  String threads;

  private ScanEngine scan;
  private NDManager manager;
  private GradientMode gradients;
  private SelectiveScanArguments arguments;
  private NDArray outputGradient;
  private NDList operandGradients;
  private ScanResult recorded;

  ScanBenchmark(
      List<ScanPath> paths,
      List<ScanPath> parameterPaths,
      int channels,
      int states,
      boolean gated) {
    this.paths = paths;
    this.parameterPaths = parameterPaths;
    this.tokens = paths.get(0).tokens();
    this.channels = channels;
    this.states = states;
    this.gated = gated;
  }

  /** Makes the operands. */
  @Setup(Level.Trial)
  public void open() {
    System.setProperty("visionmamba.threads", threads); // read when the first scan starts
    scan = ScanEngines.named(engine);
    manager = NDManager.newBaseManager();
    gradients = GradientMode.off();
    NDArray u = uniform(-1, 1, 1, tokens, channels);
    List<ScanDirection> directions = new ArrayList<>();
    for (int k = 0; k < paths.size(); k++) {
      NDArray projected = uniform(-1, 1, 1, tokens, 2 * states); // B and C side by side
      directions.add(
          new ScanDirection(
              paths.get(k),
              parameterPaths.get(k),
              Columns.all(u),
              Columns.all(uniform(-1, 1, 1, tokens, channels)),
              new Columns(projected, 0, states),
              new Columns(projected, states, 2 * states),
              uniform(-16, -1, channels, states),
              uniform(0, 1, channels),
              uniform(-6, -2, channels),
              1));
    }
    Columns gate = gated ? Columns.all(uniform(-1, 1, 1, tokens, channels)) : null;
    arguments = new SelectiveScanArguments(directions, gate, Merge.SUM, true);
    outputGradient = uniform(-1, 1, 1, tokens, channels);
    operandGradients = new NDList();
    for (NDArray array : arguments.arrays()) {
      operandGradients.add(array.zerosLike());
    }
    recorded = scan.isDifferentiable() ? null : scan.selectiveScanForBackward(arguments);
  }

  private NDArray uniform(float low, float high, long... shape) {
    float[] values = new float[(int) new Shape(shape).size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = low + (high - low) * random.nextFloat();
    }
    return manager.create(values, new Shape(shape));
  }

  /** Frees the operands. */
  @TearDown(Level.Trial)
  public void close() {
    gradients.close();
    manager.close();
  }

  /**
   * A forward pass, as in a prediction.
   *
   * @return something that depends on it
   */
  @Benchmark
  public Object forward() {
    try (NDArray output = scan.selectiveScan(arguments, false).output()) {
      return output;
    }
  }

  /**
   * The gradients of all operands, from what the forward pass of a training step has saved.
   *
   * @return something that depends on them
   */
  @Benchmark
  public Object backward() {
    if (recorded == null) {
      throw new UnsupportedOperationException("autograd differentiates engine " + engine);
    }
    scan.selectiveScanBackward(arguments, recorded.saved(), outputGradient, operandGradients);
    return operandGradients;
  }
}
