package dev.visionmamba.heads.losses;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.visionmamba.scans.autograd.ScanTrainer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** The losses within a training step. */
class LossTrainingTest {
  private static final Shape MAPS = new Shape(2, 3, 4, 4);
  private static final int ROWS = 32;

  /**
   * What DJL makes of Java's numbers lies in Java's memory, which autograd's graph does not hold:
   * nothing that a loss makes on the way may be needed again and lie there.
   */
  @Test
  void garbageCollectionBetweenThePassesChangesNothing() throws InterruptedException {
    try (NDManager manager = NDManager.newBaseManager()) {
      double[] numbers = new Random(2).doubles(MAPS.size(), 0.1, 2).toArray();
      NDArray labels = manager.arange(ROWS).toType(DataType.INT64, false).mod(3);
      NDArray maps = labels.reshape(2, 4, 4);
      NDArray boxes = manager.randomUniform(0, 3, new Shape(24, 4));
      NDArray targets = manager.randomUniform(0, 1, new Shape(2, 4, 4));
      NDArray classes = manager.zeros(new Shape(2), DataType.INT64);
      float[] weights = {1, 2, 3};
      Map<String, UnaryOperator<NDArray>> losses = new LinkedHashMap<>();
      losses.put(
          "focal", x -> new SigmoidFocalLoss(0.3f, 1.7f).evaluate(x.reshape(ROWS, 3), labels));
      losses.put(
          "smooth L1", x -> new SmoothL1Loss(0.3f).evaluate(x.reshape(24, 4), boxes, null, 3));
      losses.put("GIoU", x -> GIoULoss.STANDARD.evaluate(x.reshape(24, 4), boxes, null, 3));
      losses.put(
          "cross-entropy",
          x ->
              new CrossEntropyLoss("loss")
                  .weighing(weights)
                  .ignoring(2)
                  .averaging(CrossEntropyLoss.Average.WEIGHTED)
                  .evaluate(x, maps));
      losses.put("Dice", x -> new DiceLoss("loss").ignoring(2).evaluate(x, maps));
      losses.put("mask", x -> new MaskLoss().evaluate(x, classes, targets));
      for (Map.Entry<String, UnaryOperator<NDArray>> loss : losses.entrySet()) {
        double[] expected = Derivative.gradient(loss.getValue(), numbers, MAPS, DataType.FLOAT32);
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
          NDArray x = Derivative.array(manager, numbers, MAPS, DataType.FLOAT32);
          x.setRequiresGradient(true);
          NDArray value = loss.getValue().apply(x);
          List<ByteBuffer> reused = reuseCollectedMemory();
          collector.backward(value);
          assertThat(reused).isNotEmpty();
          float[] gradient = x.getGradient().toFloatArray();
          for (int i = 0; i < gradient.length; i++) {
            assertThat((double) gradient[i])
                .as("%s, element %d", loss.getKey(), i)
                .isCloseTo(expected[i], Offset.offset(1e-9));
          }
        }
      }
    }
  }

  /** Collects garbage, and overwrites what memory has been given back. */
  private static List<ByteBuffer> reuseCollectedMemory() throws InterruptedException {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      Thread.sleep(20); // the collector's cleaner is a thread of its own
      for (int i = 0; i < 2000; i++) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << i % 10);
        while (buffer.hasRemaining()) {
          buffer.put((byte) 63);
        }
        buffers.add(buffer);
      }
    }
    return buffers;
  }

  @Test
  void aTrainerLearnsMapsByThem() {
    for (Loss loss :
        new Loss[] {
          new CrossEntropyLoss("loss").ignoring(255), new DiceLoss("loss").ignoring(255)
        }) {
      float[] values = train(loss);
      assertThat(values[values.length - 1]).isLessThan(values[0] / 4);
    }
  }

  /** Learns which of three channels is greatest, by a 1x1 convolution. */
  private static float[] train(Loss loss) {
    float[] values = new float[60];
    try (Model model = Model.newInstance("maps")) {
      model.setBlock(Conv2d.builder().setKernelShape(new Shape(1, 1)).setFilters(3).build());
      model.getNDManager().getEngine().setRandomSeed(1);
      DefaultTrainingConfig config =
          new DefaultTrainingConfig(loss)
              .optOptimizer(Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.3f)).build());
      try (Trainer trainer = ScanTrainer.of(model, config)) {
        trainer.initialize(MAPS);
        for (int step = 0; step < values.length; step++) {
          NDManager manager = trainer.getManager().newSubManager();
          NDArray images = manager.randomNormal(MAPS);
          NDArray greatest = images.argMax(1).toType(DataType.INT64, false);
          NDArray ignored = images.max(new int[] {1}).lt(0.1).toType(DataType.INT64, false);
          NDArray labels = greatest.mul(ignored.neg().add(1)).add(ignored.mul(255));
          try (Batch batch =
              new Batch(
                  manager,
                  new NDList(images),
                  new NDList(labels),
                  2,
                  Batchifier.STACK,
                  Batchifier.STACK,
                  0,
                  1)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
            NDArray value = loss.evaluate(batch.getLabels(), trainer.evaluate(batch.getData()));
            values[step] = value.toFloatArray()[0];
          }
        }
      }
    }
    return values;
  }
}
