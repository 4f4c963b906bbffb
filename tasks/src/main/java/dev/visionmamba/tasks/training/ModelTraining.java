package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The training of a model of any task. After each epoch its folder holds, each written whole or not
 * at all: the model, a checkpoint to go on from, the metrics and their curves, by the names that
 * {@link ClassifierTraining} has them under.
 */
public sealed interface ModelTraining
    permits ClassifierTraining, DetectionTraining, RestorationTraining, SegmentationTraining {

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
  List<EpochResult> run(
      boolean resume, int until, Map<String, String> notes, TrainingListener listener)
      throws IOException, MalformedModelException;

  /**
   * The epoch whose model is kept: the last, or with patience the best, the first of equals.
   *
   * @param history at least one epoch's result
   * @return one of them
   */
  EpochResult kept(List<EpochResult> history);
}
