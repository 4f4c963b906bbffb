package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.training.TrainingWorkers.BatchResult;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
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
  /** The model as it is after the last epoch. */
  public static final String MODEL_FILE = ModelCatalogue.MODEL_FILE;

  /** What resuming needs. */
  public static final String CHECKPOINT_FILE = "checkpoint.safetensors";

  /** One line an epoch. */
  public static final String METRICS_FILE = "metrics.csv";

  /** The metrics as a picture. */
  public static final String CURVES_FILE = "curves.png";

  private final ClassifierModel model;
  private final LabelledImages train;
  private final LabelledImages test;
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
   * @param train the images to learn from
   * @param test the images to measure accuracy on
   * @param options how
   * @param folder where results go; made if missing
   * @param weightType of the weights in the model file, float32 or float16
   * @param workers how many threads share a batch, each with images of its own, at least 1; with
   *     more than one, start java with {@code -Dvisionmamba.threads=1}
   * @throws IllegalArgumentException if the data set does not fit the model
   */
  public ClassifierTraining(
      ClassifierModel model,
      LabelledImages train,
      LabelledImages test,
      TrainingOptions options,
      Path folder,
      DataType weightType,
      int workers) {
    if (train.count() == 0 || train.classNames().size() != model.description().classes().size()) {
      throw new IllegalArgumentException(
          "a data set of "
              + train.count()
              + " images in "
              + train.classNames().size()
              + " classes cannot train a model of "
              + model.description().classes().size()
              + " classes");
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
    Map<String, ParameterRule> rules = ParameterRule.of(model.network());
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
          TrainingCheckpoint.load(checkpoint, model, optimizer, average, options, stepsPerEpoch));
    }
    if (history.size() == options.epochs()) {
      // Nothing is left to train, but the notes or the type may be new.
      average.during(() -> saveModel(history, notes));
    }
    DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
    try (Trainer trainer = ScanTrainer.of(model.djlModel(), config);
        TrainingWorkers workers = new TrainingWorkers(workerCount, loss)) {
      for (int epoch = history.size(); epoch < Math.min(until, options.epochs()); epoch++) {
        Learned learned = learn(trainer, workers, epoch, listener);
        average.during(
            () -> {
              history.add(test(learned));
              saveModel(history, notes);
            });
        saveProgress(history);
        listener.epochEnded(history.get(epoch));
      }
    }
    average.keep(); // the model is what has been saved
    return history;
  }

  /** An epoch's training, still to be tested. */
  private record Learned(int epoch, double lossSum, long right, double seconds) {}

  private Learned learn(
      Trainer trainer, TrainingWorkers workers, int epoch, TrainingListener listener) {
    listener.epochStarted(epoch + 1, train.count());
    // Every epoch starts from its own seed, so that resuming repeats it exactly.
    SplittableRandom random = new SplittableRandom(options.seed() * 1_000_003 + epoch);
    Engine.getEngine("PyTorch").setRandomSeed(random.nextInt());
    int[] order = ImageBatches.shuffled(train.count(), random);
    ImageBatches batches =
        new ImageBatches(
            train, Preprocessing.of(model.description().input()), options.shift(), options.flip());
    double lossSum = 0;
    long right = 0;
    long start = System.nanoTime();
    for (int from = 0; from < order.length; from += options.batchSize()) {
      int to = Math.min(order.length, from + options.batchSize());
      try (NDManager manager = trainer.getManager().newSubManager()) {
        NDArray images = batches.images(manager, order, from, to, random);
        NDArray labels = batches.labels(manager, order, from, to);
        BatchResult result = workers.learn(trainer, images, labels);
        trainer.step();
        average.update();
        lossSum += result.lossSum();
        right += result.right();
      }
      listener.stepped(to, lossSum / to, (double) right / to);
    }
    return new Learned(epoch + 1, lossSum, right, (System.nanoTime() - start) * 1e-9);
  }

  private EpochResult test(Learned learned) {
    return new EpochResult(
        learned.epoch,
        learned.lossSum / train.count(),
        (double) learned.right / train.count(),
        ClassifierEvaluation.run(model, test, workerCount, done -> {}).accuracy(),
        options.learningRateAt((long) learned.epoch * stepsPerEpoch - 1, stepsPerEpoch),
        learned.seconds,
        train.count() / learned.seconds);
  }

  private void saveModel(List<EpochResult> history, Map<String, String> notes) throws IOException {
    EpochResult last = history.get(history.size() - 1);
    Map<String, String> allNotes = new TreeMap<>(model.description().notes());
    allNotes.putAll(notes);
    allNotes.put("epochs", Integer.toString(history.size()));
    allNotes.put("test accuracy", String.format(Locale.ROOT, "%.4f", last.testAccuracy()));
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
        folder.resolve(CHECKPOINT_FILE), model, optimizer, average, options, history);
  }
}
