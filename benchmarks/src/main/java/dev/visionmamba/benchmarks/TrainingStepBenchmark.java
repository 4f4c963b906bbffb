package dev.visionmamba.benchmarks;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.translate.Batchifier;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.scans.autograd.ScanTrainer;
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

/**
 * One training step of a whole network (forward, backward, optimizer), on all cores: through the
 * tape and the scan engines, or by DJL's own trainer and autograd alone.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 3, time = 4)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "--enable-native-access=ALL-UNNAMED",
      "-Dai.djl.offline=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
    })
@State(Scope.Thread)
public class TrainingStepBenchmark {

  /** What differentiates. */
  @Param({"tape", "autograd"})
  String gradients;

  /** The network, by its name in the registry. */
  @Param("vim_tiny")
  String network;

  /** Images a step. */
  @Param("4")
  int batch;

  private Model model;
  private Trainer trainer;

  /** Makes the network and its trainer. */
  @Setup(Level.Trial)
  public void open() {
    model = Model.newInstance(network, Device.cpu(), Engine.getInstance().getEngineName());
    Classifier classifier = Classifier.create(network, Map.of());
    model.setBlock(classifier);
    classifier.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1));
    DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss());
    trainer = gradients.equals("tape") ? ScanTrainer.of(model, config) : model.newTrainer(config);
  }

  /** Frees the network. */
  @TearDown(Level.Trial)
  public void close() {
    trainer.close();
    model.close();
  }

  /** One step. */
  @Benchmark
  public void step() {
    NDManager manager = trainer.getManager().newSubManager(); // the batch closes it
    int side = 224;
    NDArray images = manager.randomNormal(new Shape(batch, 3, side, side));
    NDArray labels = manager.arange((float) batch);
    try (Batch data =
        new Batch(
            manager,
            new NDList(images),
            new NDList(labels),
            batch,
            Batchifier.STACK,
            Batchifier.STACK,
            0,
            1)) {
      EasyTrain.trainBatch(trainer, data);
      trainer.step();
    }
  }
}
