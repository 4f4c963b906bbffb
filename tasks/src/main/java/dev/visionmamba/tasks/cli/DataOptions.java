package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.LabelledImages;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that name a data set. */
final class DataOptions {
  @Option(
      names = "--dataset",
      required = true,
      description = "Which data set: ${COMPLETION-CANDIDATES}.")
  private DataSet dataset;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The folder with its files.")
  private Path data;

  DataSet dataset() {
    return dataset;
  }

  LabelledImages load(FashionMnist.Split split) throws DataSetException {
    return dataset.load(data, split);
  }
}
