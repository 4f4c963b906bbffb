package dev.visionmamba.scans.autograd;

import static dev.visionmamba.scans.autograd.Training.INPUT;
import static dev.visionmamba.scans.autograd.Training.assertSame;
import static dev.visionmamba.scans.autograd.Training.config;
import static dev.visionmamba.scans.autograd.Training.gradients;
import static dev.visionmamba.scans.autograd.Training.train;
import static dev.visionmamba.scans.autograd.Training.weights;
import static dev.visionmamba.scans.autograd.Training.withBatch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.TrainingResult;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.listener.SaveModelTrainingListener;
import ai.djl.training.listener.TrainingListener;
import ai.djl.translate.Batchifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** DJL's own training loop, its listeners and regularisers, on the tape and without it. */
class TrainingLoopTest {
  private static final int EPOCHS = 2;

  @TempDir Path folder;

  /** Makes a trainer from a model and a configuration. */
  private interface Trainers {
    Trainer of(Model model, TrainingConfig config);
  }

  /** What a training run leaves behind. */
  private record Run(
      Map<String, float[]> weights,
      List<String> events,
      TrainingResult result,
      List<Float> validation,
      Path saved) {}

  @Test
  void fitTrainsValidatesAndTellsItsListenersAsWithDjlsTrainer() throws Exception {
    Run taped = fit("taped", ScanTrainer::of);
    Run plain = fit("plain", Model::newTrainer);
    assertSame(taped.weights(), plain.weights());
    assertThat(taped.weights().get("01layer0_logA"))
        .isNotEqualTo(weights(new ResidualNetwork()).get("01layer0_logA"));
    assertThat(taped.events())
        .containsExactly(
            "begin",
            "batch",
            "batch",
            "validation",
            "validation",
            "epoch",
            "batch",
            "batch",
            "validation",
            "validation",
            "epoch",
            "validation", // evaluateDataset afterwards
            "validation",
            "end");
    assertThat(plain.events()).isEqualTo(taped.events());
    assertThat(taped.result().getEpoch()).isEqualTo(EPOCHS);
    assertThat(taped.result().getTrainLoss())
        .isPositive()
        .isCloseTo(plain.result().getTrainLoss(), within(1e-5f));
    assertThat(taped.result().getValidateLoss())
        .isPositive()
        .isCloseTo(plain.result().getValidateLoss(), within(1e-5f));
    for (int i = 0; i < taped.validation().size(); i++) {
      assertThat(taped.validation().get(i)).isCloseTo(plain.validation().get(i), within(1e-5f));
    }
    // The last validation saw the weights of the one before it.
    assertThat(taped.validation().subList(4, 6)).isEqualTo(taped.validation().subList(2, 4));
    ResidualNetwork loaded = new ResidualNetwork();
    try (Model model = Model.newInstance("taped")) {
      model.setBlock(loaded);
      model.load(taped.saved(), "taped");
      assertSame(weights(loaded), taped.weights());
    }
  }

  private Run fit(String name, Trainers trainers) throws Exception {
    Path saved = Files.createDirectory(folder.resolve(name));
    List<String> events = new ArrayList<>();
    List<Float> validation = new ArrayList<>();
    DefaultTrainingConfig config =
        config()
            .addTrainingListeners(TrainingListener.Defaults.logging())
            .addTrainingListeners(new SaveModelTrainingListener(saved.toString(), name))
            .addTrainingListeners(recorder(events, validation));
    ResidualNetwork network = new ResidualNetwork();
    try (Model model = Model.newInstance(name);
        NDManager manager = NDManager.newBaseManager()) {
      model.setBlock(network);
      Dataset training = dataset(manager, 1);
      Dataset validating = dataset(manager, 2);
      TrainingResult result;
      try (Trainer trainer = trainers.of(model, config)) {
        trainer.setMetrics(new Metrics());
        trainer.initialize(INPUT);
        EasyTrain.fit(trainer, EPOCHS, training, validating);
        result = trainer.getTrainingResult();
        EasyTrain.evaluateDataset(trainer, validating);
        assertThat(Tape.current()).isNull();
      }
      return new Run(weights(network), events, result, validation, saved);
    }
  }

  /** Two batches. */
  private static Dataset dataset(NDManager manager, int seed) {
    Random random = new Random(seed);
    Shape shape = new Shape(2 * Training.BATCH, INPUT.get(1), INPUT.get(2));
    return new ArrayDataset.Builder()
        .setData(ResidualNetwork.uniform(manager, shape, random))
        .optLabels(ResidualNetwork.uniform(manager, shape, random))
        .setSampling(Training.BATCH, false)
        .build();
  }

  private static TrainingListener recorder(List<String> events, List<Float> validation) {
    return new TrainingListener() {
      @Override
      public void onEpoch(Trainer trainer) {
        events.add("epoch");
      }

      @Override
      public void onTrainingBatch(Trainer trainer, BatchData batch) {
        events.add("batch");
      }

      @Override
      public void onValidationBatch(Trainer trainer, BatchData batch) {
        events.add("validation");
        for (NDList prediction : batch.getPredictions().values()) {
          validation.add(prediction.singletonOrThrow().abs().mean().getFloat());
        }
      }

      @Override
      public void onTrainingBegin(Trainer trainer) {
        events.add("begin");
      }

      @Override
      public void onTrainingEnd(Trainer trainer) {
        events.add("end");
      }
    };
  }

  @Test
  void gradientsOfMicroBatchesAddUpToThoseOfOneBatch() {
    int parts = 4;
    ResidualNetwork network = new ResidualNetwork();
    ResidualNetwork whole = new ResidualNetwork();
    try (Model model = Model.newInstance("parts");
        Model wholeModel = Model.newInstance("whole")) {
      model.setBlock(network);
      wholeModel.setBlock(whole);
      try (Trainer trainer = ScanTrainer.of(model, config());
          Trainer wholeTrainer = ScanTrainer.of(wholeModel, config())) {
        trainer.initialize(INPUT);
        wholeTrainer.initialize(INPUT);
        for (int step = 0; step < 2; step++) {
          NDList data = new NDList();
          NDList labels = new NDList();
          try (NDManager manager = wholeTrainer.getManager().newSubManager()) {
            for (int part = 0; part < parts; part++) {
              withBatch(
                  trainer,
                  step * parts + part,
                  batch -> {
                    data.add(copy(manager, batch.getData().head()));
                    labels.add(copy(manager, batch.getLabels().head()));
                    EasyTrain.trainBatch(trainer, batch);
                  });
            }
            EasyTrain.trainBatch(wholeTrainer, joined(manager, data, labels));
          }
          // The loss is a mean over the batch, so the whole batch's counts a quarter.
          assertSame(scaled(gradients(network), 1f / parts), gradients(whole));
          setWeights(network, whole, trainer, wholeTrainer);
        }
      }
    }
  }

  private static NDArray copy(NDManager manager, NDArray array) {
    return manager.create(array.toFloatArray(), array.getShape());
  }

  private static Batch joined(NDManager manager, NDList data, NDList labels) {
    return new Batch(
        manager,
        new NDList(ai.djl.ndarray.NDArrays.concat(data)),
        new NDList(ai.djl.ndarray.NDArrays.concat(labels)),
        (int) (data.size() * INPUT.get(0)),
        Batchifier.STACK,
        Batchifier.STACK,
        0,
        1);
  }

  private static Map<String, float[]> scaled(Map<String, float[]> arrays, float factor) {
    arrays
        .values()
        .forEach(
            array -> {
              for (int i = 0; i < array.length; i++) {
                array[i] *= factor;
              }
            });
    return arrays;
  }

  /** Steps both, which clears the gradients, and gives one network the other's weights. */
  private static void setWeights(
      ResidualNetwork network, ResidualNetwork whole, Trainer trainer, Trainer wholeTrainer) {
    trainer.step();
    wholeTrainer.step();
    try (GradientMode off = GradientMode.off()) {
      for (int i = 0; i < network.getParameters().size(); i++) {
        network
            .getParameters()
            .valueAt(i)
            .getArray()
            .set(whole.getParameters().valueAt(i).getArray().toFloatArray());
      }
    }
  }

  @Test
  void dropoutDropsTheSameElementsBackwards() {
    Map<String, float[]> taped = afterDropout(0.3f, ScanTrainer::of);
    assertSame(taped, afterDropout(0.3f, Model::newTrainer));
    assertThat(taped.get("01layer0_logA"))
        .isNotEqualTo(afterDropout(0f, ScanTrainer::of).get("01layer0_logA"));
  }

  private static Map<String, float[]> afterDropout(float rate, Trainers trainers) {
    ResidualNetwork network = new ResidualNetwork(rate);
    try (Model model = Model.newInstance("dropout")) {
      model.setBlock(network);
      try (Trainer trainer = trainers.of(model, config())) {
        trainer.initialize(INPUT);
        Engine.getInstance().setRandomSeed(11);
        train(trainer, 0);
        return gradients(network);
      }
    }
  }

  @Test
  void zeroedGradientsBeginAnew() {
    ResidualNetwork network = new ResidualNetwork();
    try (Model model = Model.newInstance("zeroed")) {
      model.setBlock(network);
      try (Trainer trainer = ScanTrainer.of(model, config())) {
        trainer.initialize(INPUT);
        Training.inCollector(trainer, collector -> collector.zeroGradients());
        train(trainer, 0);
        Map<String, float[]> once = new LinkedHashMap<>(gradients(network));
        Training.inCollector(trainer, collector -> collector.zeroGradients());
        assertThat(gradients(network).values())
            .allSatisfy(gradient -> assertThat(gradient).containsOnly(0f));
        train(trainer, 0);
        assertSame(gradients(network), once);
      }
    }
  }
}
