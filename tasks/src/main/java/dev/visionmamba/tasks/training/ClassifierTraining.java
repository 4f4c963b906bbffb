package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import dev.visionmamba.tasks.training.TrainingWorkers.BatchResult;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;

/**
 * Trains a classifier. After each epoch the folder holds, each written whole or not at all: {@value
 * #MODEL_FILE}, {@value #CHECKPOINT_FILE} to go on from, {@value #METRICS_FILE} and {@value
 * #CURVES_FILE}. A training that was interrupted and resumed gives the weights of one that was not;
 * with several workers, and stochastic depth or dropout in the network, every training comes out a
 * little different, since which worker draws its random numbers first is chance.
 */
public final class ClassifierTraining {
  /** The model as it is after the last epoch, or, with patience, after the best. */
  public static final String MODEL_FILE = ModelCatalogue.MODEL_FILE;

  /** What resuming needs. */
  public static final String CHECKPOINT_FILE = "checkpoint.safetensors";

  /** One line an epoch. */
  public static final String METRICS_FILE = "metrics.csv";

  /** The metrics as a picture. */
  public static final String CURVES_FILE = "curves.png";

  private final ClassifierModel model;
  private final ImageDataset train;
  private final ImageDataset test;
  private final TrainingOptions options;
  private final int stepsPerEpoch;
  private final Path folder;
  private final DataType weightType;
  private final int workerCount;
  private final Loss loss;
  private final ResumableOptimizer optimizer;
  private final WeightAverage average;

  /**
   * Prepares a training.
   *
   * @param model the model, its classes the data set's; trained in place
   * @param train the images to learn from, at least one
   * @param test the images to measure accuracy on, at least one; their classes are among the
   *     model's
   * @param options how
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with images of its own, at least 1; with
   *     more than one, start java with {@code -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if the data set does not fit the model
   */
  public ClassifierTraining(
      ClassifierModel model,
      ImageDataset train,
      ImageDataset test,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    if (train.count() == 0 || test.count() == 0) {
      throw new IllegalArgumentException(
          "training needs images to learn from and images to test with, got "
              + train.count()
              + " and "
              + test.count());
    }
    if (!train.classNames().equals(model.description().classes())) {
      throw new IllegalArgumentException(
          "the model's classes ("
              + NameList.of(model.description().classes())
              + ") must be the data set's ("
              + NameList.of(train.classNames())
              + ")");
    }
    this.model = model;
    this.train = train;
    this.test = test;
    this.options = options;
    this.stepsPerEpoch = (train.count() + options.batchSize() - 1) / options.batchSize();
    this.folder = folder;
    this.weightType = weightType;
    this.workerCount = workers;
    this.loss = new SmoothedCrossEntropy(options.labelSmoothing());
    this.optimizer = optimizer();
    this.average =
        new WeightAverage(model.djlModel().getNDManager(), model.network(), options.emaDecay());
  }

  private ResumableOptimizer optimizer() {
    IntToDoubleFunction rate = step -> options.learningRateAt(step, stepsPerEpoch);
    Map<String, ParameterRule> rules =
        ParameterRule.of(model.network(), options.tuning().layerDecay());
    return switch (options.optimizer()) {
      case ADAMW -> new AdamW(rate, options.weightDecay(), rules::get);
      case MUON -> new Muon(rate, options.weightDecay(), rules::get);
    };
  }

  /**
   * Trains.
   *
   * @param resume whether to go on from the folder's checkpoint, if there is one
   * @param until the epoch to stop after; resuming goes on behind it
   * @param notes kept in the model's description, beside the accuracy that is reached
   * @param listener is told how it goes
   * @return one result an epoch, those before a resumption among them
   * @throws IOException if a file cannot be read or written
   * @throws MalformedModelException if the checkpoint does not fit the model
   */
  public List<EpochResult> run(
      boolean resume, int until, Map<String, String> notes, TrainingListener listener)
      throws IOException, MalformedModelException {
    Files.createDirectories(folder);
    Path checkpoint = folder.resolve(CHECKPOINT_FILE);
    List<EpochResult> history = new ArrayList<>();
    if (resume && Files.exists(checkpoint)) {
      history.addAll(
          TrainingCheckpoint.load(
              checkpoint, model, optimizer, average, settings(), stepsPerEpoch));
    }
    int before = history.size();
    DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
    try (Trainer trainer = ScanTrainer.of(model.djlModel(), config);
        TrainingWorkers workers = new TrainingWorkers(workerCount, loss)) {
      options.tuning().freeze(model.network());
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
      Path file = folder.resolve(MODEL_FILE);
      model.fill(
          Safetensors.read(file, model.djlModel().getNDManager()).tensors(), file.toString());
    }
    if (history.size() == before) {
      saveModel(kept, notes); // nothing was left to train, but the notes or the type may be new
    }
    return history;
  }

  /**
   * The epoch whose model is kept: the last, or with patience the best, the first of equals.
   *
   * @param history at least one epoch's result
   * @return one of them
   */
  public EpochResult kept(List<EpochResult> history) {
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
    return options + "; " + train.identity() + "; " + test.identity();
  }

  /** An epoch's training, still to be tested. */
  private record Learned(int epoch, double lossSum, long right, double seconds) {}

  private Learned learn(
      Trainer trainer, TrainingWorkers workers, int epoch, TrainingListener listener)
      throws IOException {
    listener.epochStarted(epoch + 1, train.count());
    // Every epoch starts from its own seed, so that resuming repeats it exactly.
    SplittableRandom random = new SplittableRandom(options.seed() * 1_000_003 + epoch);
    Engine.getEngine("PyTorch").setRandomSeed(random.nextInt());
    int[] order = Shuffle.of(train.count(), random);
    Preprocessing preprocessing = Preprocessing.of(model.description().input());
    double lossSum = 0;
    long right = 0;
    long start = System.nanoTime();
    try (BatchLoader loader =
        new BatchLoader(train, preprocessing, options, order, random, workerCount)) {
      for (int done = 0; done < order.length; ) {
        try (NDManager manager = trainer.getManager().newSubManager()) {
          Batch batch = loader.next(manager);
          BatchResult result = workers.learn(trainer, batch);
          trainer.step();
          average.update();
          lossSum += result.lossSum();
          right += result.right();
          done += Math.toIntExact(batch.labels().size());
        }
        listener.stepped(done, lossSum / done, (double) right / done);
      }
    }
    return new Learned(epoch + 1, lossSum, right, (System.nanoTime() - start) * 1e-9);
  }

  private EpochResult test(Learned learned) throws IOException {
    return new EpochResult(
        learned.epoch,
        learned.lossSum / train.count(),
        (double) learned.right / train.count(),
        ClassifierEvaluation.run(model, test, workerCount, done -> {}).accuracy(),
        options.learningRateAt((long) learned.epoch * stepsPerEpoch - 1, stepsPerEpoch),
        learned.seconds,
        train.count() / learned.seconds);
  }

  private void saveModel(EpochResult result, Map<String, String> notes) throws IOException {
    Map<String, String> allNotes = new TreeMap<>(model.description().notes());
    allNotes.putAll(notes);
    allNotes.put("epochs", Integer.toString(result.epoch()));
    allNotes.put("test accuracy", String.format(Locale.ROOT, "%.4f", result.testAccuracy()));
    model.save(folder.resolve(MODEL_FILE), model.description().withNotes(allNotes), weightType);
  }

  private void saveProgress(List<EpochResult> history) throws IOException {
    AtomicFiles.writeText(
        folder.resolve(METRICS_FILE),
        EpochResult.CSV_HEADER
            + "\n"
            + history.stream().map(r -> r.toCsv() + "\n").collect(Collectors.joining()));
    TrainingCurves.draw(history, folder.resolve(CURVES_FILE));
    // Last: once it is there, the epoch is done.
    TrainingCheckpoint.save(
        folder.resolve(CHECKPOINT_FILE), model, optimizer, average, settings(), history);
  }
}
