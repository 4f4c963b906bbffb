package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import dev.visionmamba.zoo.checkpoint.CheckpointException;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Everything that training needs to go on after an epoch, in one safetensors file: the weights, the
 * optimizer's state under {@code first:NAME} and so on, a running mean of the weights under {@code
 * mean:NAME}, and in the metadata the settings and the history.
 */
final class TrainingCheckpoint {
  /** Between what is kept of a parameter and its name, in which it does not occur. */
  private static final String SEPARATOR = ":";

  private static final String MEAN = "mean";
  private static final String SETTINGS = "settings";
  private static final String HISTORY = "history";

  private TrainingCheckpoint() {}

  static void save(
      Path file,
      TrainingTask<?> task,
      ResumableOptimizer optimizer,
      WeightAverage average,
      String settings,
      List<EpochResult> history)
      throws IOException {
    Map<String, NDArray> tensors = StateDict.of(task.model().network());
    for (Pair<String, Parameter> named : task.model().network().getParameters()) {
      Parameter parameter = named.getValue();
      NDList state = optimizer.state(parameter.getId(), parameter.getArray());
      List<String> names = optimizer.stateNames(parameter.getId());
      for (int i = 0; i < names.size(); i++) {
        tensors.put(names.get(i) + SEPARATOR + named.getKey(), state.get(i));
      }
    }
    average.means().forEach((name, mean) -> tensors.put(MEAN + SEPARATOR + name, mean));
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put(ModelDescription.METADATA_KEY, task.model().description().toJson());
    metadata.put(SETTINGS, settings);
    metadata.put(
        HISTORY, history.stream().map(EpochResult::toCsv).collect(Collectors.joining("\n")));
    Safetensors.write(file, tensors, metadata);
  }

  /** Restores the weights and the state, and gives the history. */
  static List<EpochResult> load(
      Path file,
      TrainingTask<?> task,
      ResumableOptimizer optimizer,
      WeightAverage average,
      String settings,
      int stepsPerEpoch)
      throws IOException, MalformedModelException {
    NDManager manager = task.model().djlModel().getNDManager();
    Checkpoint checkpoint = Safetensors.read(file, manager);
    check(file, checkpoint, SETTINGS, settings);
    check(file, checkpoint, ModelDescription.METADATA_KEY, task.model().description().toJson());
    List<EpochResult> history = history(file, checkpoint);
    Map<String, NDArray> weights = new LinkedHashMap<>();
    checkpoint
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (!name.contains(SEPARATOR)) {
                weights.put(name, tensor);
              }
            });
    task.model().fill(weights, file.toString());
    for (Pair<String, Parameter> named : task.model().network().getParameters()) {
      String id = named.getValue().getId();
      NDList state = new NDList();
      for (String part : optimizer.stateNames(id)) {
        state.add(kept(file, checkpoint, part, named.getKey()));
      }
      optimizer.restore(id, state, history.size() * stepsPerEpoch);
    }
    Map<String, NDArray> means = new LinkedHashMap<>();
    for (String name : average.means().keySet()) {
      means.put(name, kept(file, checkpoint, MEAN, name));
    }
    average.restore(means, (long) history.size() * stepsPerEpoch);
    return history;
  }

  /** What is kept of a parameter under a name. */
  private static NDArray kept(Path file, Checkpoint checkpoint, String what, String parameter)
      throws CheckpointException {
    NDArray tensor = checkpoint.tensors().get(what + SEPARATOR + parameter);
    if (tensor == null) {
      throw new CheckpointException(
          file.toString(),
          "it lacks the state of " + parameter,
          "train without --resume, into another folder");
    }
    return tensor;
  }

  private static void check(Path file, Checkpoint checkpoint, String key, String want)
      throws CheckpointException {
    String got = checkpoint.metadata().get(key);
    if (!want.equals(got)) {
      throw new CheckpointException(
          file.toString(),
          "it was written by a training with other settings: "
              + CheckpointException.quote(String.valueOf(got)),
          "resume with the same settings, or train into another folder");
    }
  }

  private static List<EpochResult> history(Path file, Checkpoint checkpoint)
      throws CheckpointException {
    List<EpochResult> history = new ArrayList<>();
    try {
      for (String line : checkpoint.metadata().getOrDefault(HISTORY, "").split("\n")) {
        history.add(EpochResult.fromCsv(line));
      }
      return history;
    } catch (RuntimeException e) {
      throw new CheckpointException(
          file.toString(), "its history is damaged", "train without --resume", e);
    }
  }
}
