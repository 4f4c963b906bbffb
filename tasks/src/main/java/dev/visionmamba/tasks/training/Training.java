package dev.visionmamba.tasks.training;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.loss.Loss;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.training.TrainingTask.Batches;
import dev.visionmamba.tasks.training.TrainingWorkers.BatchResult;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;

/**
 * The epochs of a training, whatever is learned: steps, a running mean of the weights, tests, what
 * is kept, and going on after an interruption.
 */
final class Training<B extends TrainingTask.Examples<B>> {
  private final TrainingTask<B> task;
  private final TrainingOptions options;
  private final int stepsPerEpoch;
  private final Path folder;
  private final DataType weightType;
  private final int workerCount;
  private final ResumableOptimizer optimizer;
  private final WeightAverage average;

  Training(
      TrainingTask<B> task,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    this.task = task;
    this.options = options;
    this.stepsPerEpoch = (task.count() + options.batchSize() - 1) / options.batchSize();
    this.folder = folder;
    this.weightType = weightType;
    this.workerCount = workers;
    this.optimizer = optimizer();
    this.average =
        new WeightAverage(
            task.model().djlModel().getNDManager(), task.model().network(), options.emaDecay());
  }

  private ResumableOptimizer optimizer() {
    IntToDoubleFunction rate = step -> options.learningRateAt(step, stepsPerEpoch);
    Map<String, ParameterRule> rules =
        ParameterRule.of(task.model().network(), task.backbone(), options.tuning().layerDecay());
    return switch (options.optimizer()) {
      case ADAMW -> new AdamW(rate, options.weightDecay(), rules::get);
      case MUON -> new Muon(rate, options.weightDecay(), rules::get);
    };
  }

  /** As {@link ModelTraining#run}. */
  List<EpochResult> run(
      boolean resume, int until, Map<String, String> notes, TrainingListener listener)
      throws IOException, MalformedModelException {
    Files.createDirectories(folder);
    Path checkpoint = folder.resolve(ClassifierTraining.CHECKPOINT_FILE);
    List<EpochResult> history = new ArrayList<>();
    if (resume && Files.exists(checkpoint)) {
      history.addAll(
          TrainingCheckpoint.load(checkpoint, task, optimizer, average, settings(), stepsPerEpoch));
    }
    int before = history.size();
    listener.measures(task.measures());
    // DJL wants a loss; the task has its own.
    DefaultTrainingConfig config = new DefaultTrainingConfig(Loss.l2Loss()).optOptimizer(optimizer);
    config.optDevices(new Device[] {task.model().djlModel().getNDManager().getDevice()});
    try (ScanTrainer trainer = ScanTrainer.of(task.model().djlModel(), config);
        TrainingWorkers<B> workers = new TrainingWorkers<>(task, workerCount)) {
      // The trainer has unfrozen everything.
      task.backbone().ifPresent(options.tuning()::freeze);
      while (history.size() < Math.min(until, options.epochs()) && !outOfPatience(history)) {
        Learned learned = learn(trainer, workers, history.size(), listener);
        average.during(
            () -> {
              EpochResult result = test(learned);
              history.add(result);
              if (kept(history) == result) {
                saveModel(result, notes);
              }
            });
        saveProgress(history);
        listener.epochEnded(last(history));
      }
    }
    if (history.isEmpty()) {
      return history;
    }
    average.keep(); // the model is what has been saved
    EpochResult kept = kept(history);
    if (kept != last(history)) {
      Path file = folder.resolve(ClassifierTraining.MODEL_FILE);
      task.model()
          .fill(
              Safetensors.read(file, task.model().djlModel().getNDManager()).tensors(),
              file.toString());
    }
    if (history.size() == before) {
      saveModel(kept, notes); // nothing was left to train, but the notes or the type may be new
    }
    return history;
  }

  /** As {@link ModelTraining#kept}. */
  EpochResult kept(List<EpochResult> history) {
    if (options.patience() == 0) {
      return last(history);
    }
    EpochResult best = history.get(0);
    for (EpochResult result : history) {
      best = result.isBetterThan(best) ? result : best;
    }
    return best;
  }

  private static EpochResult last(List<EpochResult> history) {
    return history.get(history.size() - 1);
  }

  private boolean outOfPatience(List<EpochResult> history) {
    return options.patience() > 0
        && !history.isEmpty()
        && history.size() - kept(history).epoch() >= options.patience();
  }

  /** What must be the same where a training goes on. */
  private String settings() {
    return options + "; " + task.identity();
  }

  /** An epoch's training, still to be tested. */
  private record Learned(int epoch, double lossSum, double accuracy, double seconds) {}

  private Learned learn(
      ScanTrainer trainer, TrainingWorkers<B> workers, int epoch, TrainingListener listener)
      throws IOException {
    listener.epochStarted(epoch + 1, task.count());
    // Every epoch starts from its own seed, so that resuming repeats it exactly.
    SplittableRandom random = new SplittableRandom(options.seed() * 1_000_003 + epoch);
    Engine.getEngine("PyTorch").setRandomSeed(random.nextInt());
    int[] order = Shuffle.of(task.count(), random);
    double lossSum = 0;
    long right = 0;
    long chances = 0;
    long start = System.nanoTime();
    try (Batches<B> batches = task.batches(order, random, workerCount)) {
      for (int done = 0; done < order.length; ) {
        try (NDManager manager = trainer.getManager().newSubManager()) {
          B batch = batches.next(manager);
          BatchResult result = workers.learn(trainer, manager, batch);
          trainer.step();
          average.update();
          lossSum += result.lossSum();
          right += result.right();
          chances += result.chances();
          done += batch.size();
        }
        listener.stepped(done, lossSum / done, share(right, chances));
      }
    }
    return new Learned(
        epoch + 1, lossSum, share(right, chances), (System.nanoTime() - start) * 1e-9);
  }

  /** How much of what images show was recognised; 0 of nothing. */
  private static double share(long right, long chances) {
    return (double) right / Math.max(1, chances);
  }

  private EpochResult test(Learned learned) throws IOException {
    return new EpochResult(
        learned.epoch,
        learned.lossSum / task.count(),
        learned.accuracy,
        task.measure(workerCount),
        options.learningRateAt((long) learned.epoch * stepsPerEpoch - 1, stepsPerEpoch),
        learned.seconds,
        task.count() / learned.seconds);
  }

  private void saveModel(EpochResult result, Map<String, String> notes) throws IOException {
    Map<String, String> allNotes = new TreeMap<>(task.model().description().notes());
    allNotes.putAll(notes);
    allNotes.put("epochs", Integer.toString(result.epoch()));
    allNotes.put("test " + task.measures().test(), task.measures().note(result.testAccuracy()));
    task.model()
        .save(
            folder.resolve(ClassifierTraining.MODEL_FILE),
            task.model().description().withNotes(allNotes),
            weightType);
  }

  private void saveProgress(List<EpochResult> history) throws IOException {
    AtomicFiles.writeText(
        folder.resolve(ClassifierTraining.METRICS_FILE),
        task.measures().csvHeader()
            + "\n"
            + history.stream().map(r -> r.toCsv() + "\n").collect(Collectors.joining()));
    TrainingCurves.draw(history, task.measures(), folder.resolve(ClassifierTraining.CURVES_FILE));
    // Last: once it is there, the epoch is done.
    TrainingCheckpoint.save(
        folder.resolve(ClassifierTraining.CHECKPOINT_FILE),
        task,
        optimizer,
        average,
        settings(),
        history);
  }
}
