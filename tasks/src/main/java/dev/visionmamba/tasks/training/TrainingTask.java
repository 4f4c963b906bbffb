package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.scans.autograd.ScanTrainer;
import dev.visionmamba.zoo.TrainedModel;
import java.io.IOException;
import java.util.Optional;
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
   * @param chances how many things the images have that may be recognised: themselves, pixels,
   *     objects
   * @param right counts what was recognised, once the gradients are taken
   */
  record Step(NDArray loss, long chances, LongSupplier right) {}

  /** The model, whose weights are trained in place. */
  TrainedModel<?> model();

  /** The network's backbone, whose layers may be frozen or learn slower, if it has one. */
  Optional<Backbone> backbone();

  /** How many images an epoch has. */
  int count();

  /** What a training that goes on must have in common with what was begun. */
  String identity();

  /** An epoch's batches, in this order of images. */
  Batches<B> batches(int[] order, SplittableRandom random, int threads);

  /** The forward pass and the loss. */
  Step learn(ScanTrainer trainer, B batch);

  /** What {@link Step#right} by {@link Step#chances}, and {@link #measure}, are called. */
  MeasureNames measures();

  /** How well the network does on the test images, 0 to 1. */
  double measure(int workers) throws IOException;
}
