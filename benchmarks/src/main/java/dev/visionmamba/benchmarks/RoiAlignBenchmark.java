package dev.visionmamba.benchmarks;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Blocks;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.visionmamba.heads.ops.RoiAlign;
import dev.visionmamba.heads.ops.RoiExtractor;
import dev.visionmamba.heads.ops.RoiLevels;
import dev.visionmamba.heads.ops.Rois;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.ScanTrainer;
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
 * RoIAlign of the 1000 proposals of an image of 1333x800, on a pyramid of 256 channels: boxes with
 * sides of 16 to 600 pixels, adaptive sampling.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--enable-native-access=ALL-UNNAMED",
      "-Dai.djl.pytorch.num_threads=1",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
@State(Scope.Thread)
public class RoiAlignBenchmark {
  private static final int CHANNELS = 256;
  private static final int BOXES = 1000;
  private static final int[] STRIDES = {4, 8, 16, 32};
  private static final int WIDTH = 1344;
  private static final int HEIGHT = 800;

  /** How many threads share the work. */
  @Param({"1", "2"})
  String threads;

  /** Bins along each axis. */
  @Param("7")
  int bins;

  private NDManager manager;
  private GradientMode gradients;
  private List<NDArray> maps;
  private RoiExtractor extractor;
  private Rois rois;

  /** Makes the pyramid and the boxes. */
  @Setup(Level.Trial)
  public void open() {
    System.setProperty("visionmamba.threads", threads);
    manager = NDManager.newBaseManager();
    gradients = GradientMode.off();
    maps = new ArrayList<>();
    for (int stride : STRIDES) {
      maps.add(
          manager.randomUniform(-1, 1, new Shape(1, HEIGHT / stride, WIDTH / stride, CHANNELS)));
    }
    extractor = new RoiExtractor(RoiAlign.adaptive(bins), STRIDES, RoiLevels.mmdetection(4));
    Random random = new Random(1);
    float[] boxes = new float[BOXES * 4];
    for (int i = 0; i < boxes.length; i += 4) {
      double width = 16 * Math.pow(600.0 / 16, random.nextDouble());
      double height = 16 * Math.pow(600.0 / 16, random.nextDouble());
      boxes[i] = (float) (random.nextDouble() * (WIDTH - width));
      boxes[i + 1] = (float) (random.nextDouble() * (HEIGHT - height));
      boxes[i + 2] = boxes[i] + (float) width;
      boxes[i + 3] = boxes[i + 1] + (float) height;
    }
    rois = Rois.ofOneImage(boxes);
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void close() {
    gradients.close();
    manager.close();
  }

  /**
   * All boxes, each on its level.
   *
   * @return something that depends on it
   */
  @Benchmark
  public Object forward() {
    try (NDArray features = extractor.forward(maps, rois)) {
      return features;
    }
  }

  /** A forward pass that was recorded, to be differentiated. */
  @State(Scope.Thread)
  public static class Recorded {
    private Model model;
    private Trainer trainer;
    private NDManager pass;
    private GradientMode recording;
    private GradientCollector collector;
    private NDArray loss;

    /** Makes what records. */
    @Setup(Level.Trial)
    public void open() {
      model = Model.newInstance("none");
      model.setBlock(Blocks.identityBlock());
      trainer = ScanTrainer.of(model, new DefaultTrainingConfig(Loss.l2Loss()));
    }

    /**
     * Records a forward pass.
     *
     * @param benchmark the maps and boxes
     */
    @Setup(Level.Invocation)
    public void record(RoiAlignBenchmark benchmark) {
      pass = benchmark.manager.newSubManager();
      recording = GradientMode.set(true);
      collector = trainer.newGradientCollector();
      NDArray features = benchmark.extractor.forward(benchmark.maps, benchmark.rois);
      features.attach(pass);
      loss = features.sum();
    }

    /** Frees it. */
    @TearDown(Level.Invocation)
    public void forget() {
      collector.close();
      recording.close();
      pass.close();
    }

    /** Frees what records. */
    @TearDown(Level.Trial)
    public void close() {
      trainer.close();
      model.close();
    }
  }

  /**
   * The backward pass of all boxes; making the maps' gradients, 115 MB of zeros, is counted.
   *
   * @param recorded the forward pass
   */
  @Benchmark
  public void backward(Recorded recorded) {
    recorded.collector.backward(recorded.loss);
  }
}
