package dev.visionmamba.benchmarks;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.Classifier;
import java.util.Map;
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

/** A prediction by a whole network with random weights, on all cores. */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
@State(Scope.Thread)
public class NetworkBenchmark {

  /** The network, by its name in the registry. */
  @Param({"vim_tiny", "vmamba_tiny_s1l8", "plainmamba_l1", "efficientvim_m1", "efficientvim_m4"})
  String network;

  /** Whether batch norms are folded into convolutions. */
  @Param("true")
  boolean fold;

  /** Images at once. */
  @Param({"1", "8"})
  int batch;

  private Model model;
  private Classifier classifier;
  private NDArray images;

  /** Makes the network and its images. */
  @Setup(Level.Trial)
  public void open() {
    model = Model.newInstance(network, Device.cpu(), Engine.getInstance().getEngineName());
    classifier = Classifier.create(network, Map.of());
    model.setBlock(classifier);
    NDManager manager = model.getNDManager();
    classifier.initialize(manager, DataType.FLOAT32, new Shape(1));
    classifier.freezeParameters(true);
    if (fold) {
      classifier.foldNorms();
    }
    images = manager.randomNormal(new Shape(batch, 3).addAll(classifier.backbone().imageSize()));
  }

  /** Frees the network. */
  @TearDown(Level.Trial)
  public void close() {
    model.close();
  }

  /**
   * One forward pass.
   *
   * @return the logits
   */
  @Benchmark
  public float[] forward() {
    try (NDManager scope = model.getNDManager().newSubManager()) {
      images.tempAttach(scope);
      ParameterStore store = new ParameterStore(scope, false);
      return classifier.forward(store, new NDList(images), false).head().toFloatArray();
    }
  }
}
