package dev.visionmamba.tasks.training;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.Trainer;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.zoo.ModelDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/**
 * What sets one kind of training apart from another: the network, the images that it learns from,
 * its loss, and how well it does on images that it does not learn from.
 *
 * @param <B> its batches
 */
interface TrainingTask<B extends TrainingTask.Examples<B>> {

  /** Some images, and what the network is to say about each. */
  interface Examples<B> {
    /** How many images. */
    int size();

    /** Images from..to-1, in a manager. */
    B part(int from, int to, NDManager manager);
  }

  /** The batches of one epoch. */
  interface Batches<B> extends AutoCloseable {
    /**
     * The next batch.
     *
     * @param manager whom its arrays belong to
     * @throws IOException if an image cannot be read any more
     */
    B next(NDManager manager) throws IOException;

    @Override
    void close();
  }

  /**
   * What a step gave.
   *
   * @param loss the mean over the batch, with its history
   * @param right counts what was recognised, once the gradients are taken
   */
  record Step(NDArray loss, LongSupplier right) {}

  /** The DJL model, which owns the weights. */
  Model model();

  /** The network, whose weights are trained in place. */
  NamedBlock network();

  /** What the model says about itself. */
  ModelDescription description();

  /** How each parameter learns, by its id. */
  Map<String, ParameterRule> rules();

  /** Freezes what is not to learn; called when the trainer, which unfreezes all, is made. */
  void freeze();

  /** How many images an epoch has. */
  int count();

  /** How many things an epoch's images have that may be recognised: images, or pixels. */
  long chances();

  /** What a training that goes on must have in common with what was begun. */
  String identity();

  /** An epoch's batches, in this order of images. */
  Batches<B> batches(int[] order, SplittableRandom random, int threads);

  /** The forward pass and the loss. */
  Step learn(Trainer trainer, B batch);

  /** How well the network does on the test images, 0 to 1. */
  double measure(int workers) throws IOException;

  /** Writes the model with what it is to say about itself. */
  void save(Path file, ModelDescription description, DataType type) throws IOException;

  /** Replaces the weights. */
  void fill(Map<String, NDArray> tensors, String name) throws MalformedModelException;
}
