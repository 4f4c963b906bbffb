package dev.visionmamba.tasks.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** The kinds of data set that the commands know. */
enum DataSet {
  /** A folder of pictures for each class. */
  FOLDER(Set.of(ModelTask.CLASSIFY)),
  /** Fashion-MNIST's four files. */
  FASHION_MNIST(Set.of(ModelTask.CLASSIFY)),
  /** Scenes that are made of Fashion-MNIST's garments. */
  FASHION_SCENES(Set.of(ModelTask.SEGMENT, ModelTask.DETECT)),
  /** A folder of pictures and a folder of masks. */
  MASKS(Set.of(ModelTask.SEGMENT)),
  /** Pictures with COCO's annotations. */
  COCO(Set.of(ModelTask.DETECT)),
  /** Good pictures, in folders or not. */
  PICTURES(Set.of(ModelTask.RESTORE));

  private final Set<ModelTask> tasks;

  DataSet(Set<ModelTask> tasks) {
    this.tasks = tasks;
  }

  /** What can be learned from it. */
  Set<ModelTask> tasks() {
    return tasks;
  }

  /** The kind that is meant where none is named. */
  static DataSet usual(ModelTask task) {
    return switch (task) {
      case CLASSIFY -> FOLDER;
      case SEGMENT -> MASKS;
      case DETECT -> COCO;
      case RESTORE -> PICTURES;
    };
  }

  /** The kinds from which a task can be learned, for messages. */
  static String namesFor(ModelTask task) {
    List<DataSet> fitting =
        Arrays.stream(values()).filter(dataset -> dataset.tasks.contains(task)).toList();
    return fitting.stream().map(DataSet::toString).collect(Collectors.joining(" and "));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
