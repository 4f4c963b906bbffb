package dev.visionmamba.tasks.cli;

import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option that names a task. */
final class TaskOption {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--task",
      paramLabel = "TASK",
      description =
          "${COMPLETION-CANDIDATES}: what the network answers (default: what the data set or the"
              + " model is for, else classify).")
  private ModelTask task;

  /**
   * What a training is to learn: as asked, or what the data set, the head or the trained model is
   * for, in this order.
   *
   * @throws ParameterException if that does not go together, or is not clear
   * @throws ModelNotFoundException if there is no such trained model
   * @throws IOException if its file cannot be read
   */
  ModelTask of(DataOptions data, NetworkFlags network) throws ModelNotFoundException, IOException {
    ModelTask chosen = chosen(data, network);
    requireFits(data, chosen);
    Optional<ModelTask> head = network.headTask();
    if (head.isPresent() && head.get() != chosen) {
      throw wrong(
          "--head names one for "
              + head.get()
              + ", not for "
              + chosen
              + "; heads for that: "
              + String.join(", ", chosen.heads()));
    }
    return chosen;
  }

  private ModelTask chosen(DataOptions data, NetworkFlags network)
      throws ModelNotFoundException, IOException {
    if (task != null) {
      return task;
    }
    Optional<DataSet> named = data.named();
    if (named.isPresent() && named.get().tasks().size() == 1) {
      return named.get().tasks().iterator().next();
    }
    if (network.headTask().isPresent()) {
      return network.headTask().get();
    }
    ModelTask trained =
        network.from().isPresent()
            ? ModelTask.of(ModelCatalogue.task(network.from().get()))
            : ModelTask.CLASSIFY;
    if (named.isPresent() && !named.get().tasks().contains(trained)) {
      throw wrong(
          "--dataset "
              + named.get()
              + " is for "
              + Arrays.stream(ModelTask.values())
                  .filter(named.get().tasks()::contains)
                  .map(ModelTask::toString)
                  .collect(Collectors.joining(" and "))
              + "; say by --task which it is");
    }
    return trained;
  }

  /** What was asked for, or null. */
  ModelTask asked() {
    return task;
  }

  /**
   * What is to be measured: what the model is for.
   *
   * @throws ParameterException if another task was asked for, or the data set is for another
   * @throws ModelNotFoundException if there is no such model
   * @throws IOException if its file cannot be read
   */
  ModelTask of(DataOptions data, String model) throws ModelNotFoundException, IOException {
    ModelTask its = ModelTask.of(ModelCatalogue.task(model));
    if (task != null && task != its) {
      throw wrong("--task " + task + " does not suit " + model + ", which is for " + its);
    }
    requireFits(data, its);
    return its;
  }

  private void requireFits(DataOptions data, ModelTask chosen) {
    DataSet dataset = data.dataset(chosen);
    if (!dataset.tasks().contains(chosen)) {
      throw wrong(
          "--dataset "
              + dataset
              + " is not for "
              + chosen
              + "; data sets for that: "
              + DataSet.namesFor(chosen));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
