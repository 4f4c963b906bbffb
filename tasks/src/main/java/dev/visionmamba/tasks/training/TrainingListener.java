package dev.visionmamba.tasks.training;

/** Is told how training goes. */
public interface TrainingListener {

  /** Does nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /**
   * Called once, before the first epoch.
   *
   * @param names what the results of steps and epochs are called
   */
  default void measures(MeasureNames names) {}

  /**
   * Called when an epoch begins.
   *
   * @param epoch 1 for the first
   * @param images how many images it has
   */
  default void epochStarted(int epoch, int images) {}

  /**
   * Called after a step.
   *
   * @param images how many images of the epoch are done
   * @param loss the mean loss of the epoch so far
   * @param accuracy of the epoch so far, 0 to 1: what {@link MeasureNames#train} says
   */
  default void stepped(int images, double loss, double accuracy) {}

  /**
   * Called when an epoch has been trained, tested and saved.
   *
   * @param result what it gave
   */
  default void epochEnded(EpochResult result) {}
}
