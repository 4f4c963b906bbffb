package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.detection.GroundTruth;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.FitInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;

/**
 * The batches of one epoch of a detector's training: whole pictures, resized as for detection, half
 * of them mirrored if that is wanted, and filled up to the largest of the batch.
 */
final class DetectionBatches implements TrainingTask.Batches<DetectionBatches.Batch> {
  private final DetectionDataset data;
  private final FitPreprocessing preprocessing;
  private final TrainingOptions options;
  private final int[] order;
  private final SplittableRandom random;
  private final ParallelTasks threads;
  private int next;

  DetectionBatches(
      DetectionDataset data,
      FitInput input,
      TrainingOptions options,
      int[] order,
      SplittableRandom random,
      int threads) {
    this.data = data;
    this.preprocessing = new FitPreprocessing(input);
    this.options = options;
    this.order = order;
    this.random = random;
    this.threads = new ParallelTasks(threads);
  }

  /**
   * A batch.
   *
   * @param images (B, 3, H, W), normalised, zeros on the right and below
   * @param frames what of each image is not filled up
   * @param truths what is in each, in its resized coordinates
   * @param seeds for what is drawn of each while it is learned
   */
  record Batch(NDArray images, List<ImageFrame> frames, List<GroundTruth> truths, List<Long> seeds)
      implements TrainingTask.Examples<Batch> {
    @Override
    public int size() {
      return frames.size();
    }

    @Override
    public Batch part(int from, int to, NDManager manager) {
      NDArray some = images.get(new NDIndex().addSliceDim(from, to));
      manager.attachAll(some);
      return new Batch(
          some, frames.subList(from, to), truths.subList(from, to), seeds.subList(from, to));
    }
  }

  /** A picture as it is learned, not resized yet. */
  private record Prepared(PixelImage picture, ImageFrame frame, GroundTruth truth) {}

  @Override
  public Batch next(NDManager manager) throws IOException {
    try {
      return read(manager);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Batch read(NDManager manager) {
    int count = Math.min(options.batchSize(), order.length - next);
    int first = next;
    next += count;
    // Drawn in the pictures' order, however many threads there are.
    boolean[] mirrored = new boolean[count];
    List<Long> seeds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      mirrored[i] = options.augmentation().flip() && random.nextBoolean();
      seeds.add(random.nextLong());
    }
    List<Prepared> prepared =
        each(count, i -> () -> prepare(data.example(order[first + i]), mirrored[i]));
    int height = side(prepared.stream().mapToInt(p -> p.frame.height()).toArray());
    int width = side(prepared.stream().mapToInt(p -> p.frame.width()).toArray());
    int length = 3 * height * width;
    NDArray images =
        HostMemory.write(
            manager,
            new Shape(count, 3, height, width),
            memory ->
                each(
                    count,
                    i ->
                        () -> {
                          FloatBuffer target = memory.slice(i * length, length);
                          preprocessing.write(prepared.get(i).picture, target, width, height);
                          return i;
                        }));
    return new Batch(
        images,
        prepared.stream().map(Prepared::frame).toList(),
        prepared.stream().map(Prepared::truth).toList(),
        seeds);
  }

  /** Shares tasks among the threads. */
  private <T> List<T> each(int count, IntFunction<Callable<T>> task) {
    List<Callable<List<T>>> shares = new ArrayList<>();
    int shareCount = Math.min(threads.count(), count);
    for (int share = 0; share < shareCount; share++) {
      int from = count * share / shareCount;
      int to = count * (share + 1) / shareCount;
      shares.add(
          () -> {
            List<T> results = new ArrayList<>();
            for (int i = from; i < to; i++) {
              results.add(task.apply(i).call());
            }
            return results;
          });
    }
    return threads.run(shares).stream().flatMap(List::stream).toList();
  }

  /** What fits the longest side, filled up to a multiple. */
  private int side(int[] sides) {
    int longest = 0;
    for (int side : sides) {
      longest = Math.max(longest, preprocessing.padded(side));
    }
    return longest;
  }

  private Prepared prepare(DetectionExample example, boolean mirrored) {
    PixelImage picture = example.picture();
    RescaleSize size = preprocessing.size(picture.width(), picture.height());
    ImageFrame frame = ImageFrame.of(size, picture.height(), picture.width());
    for (Instance thing : example.instances()) {
      if (thing.label() >= data.classNames().size()) {
        throw new IllegalArgumentException(
            "picture %d has a thing of class %d, but the data set has %d classes"
                .formatted(example.id(), thing.label(), data.classNames().size()));
      }
    }
    try {
      return new Prepared(
          mirrored ? picture.mirrored() : picture,
          frame,
          truth(example.instances(), frame, mirrored));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("picture " + example.id() + ": " + e.getMessage(), e);
    }
  }

  /**
   * Things as a detector learns them.
   *
   * @param instances in pixels of the original picture
   * @param frame the picture's
   * @param mirrored whether the picture is mirrored, left to right
   * @return in pixels of the resized picture; crowds as what is to be ignored
   */
  static GroundTruth truth(List<Instance> instances, ImageFrame frame, boolean mirrored) {
    List<Instance> things = instances.stream().filter(instance -> !instance.crowd()).toList();
    List<Instance> crowds = instances.stream().filter(Instance::crowd).toList();
    boolean[][] masks = new boolean[things.size()][];
    int[] labels = new int[things.size()];
    for (int i = 0; i < labels.length; i++) {
      Instance thing = things.get(i);
      labels[i] = thing.label();
      masks[i] = thing.mask() == null ? null : resized(thing.mask().pixels(), frame, mirrored);
    }
    return new GroundTruth(
        boxes(things, frame, mirrored), labels, masks, boxes(crowds, frame, mirrored));
  }

  private static float[] boxes(List<Instance> instances, ImageFrame frame, boolean mirrored) {
    float[] boxes = new float[4 * instances.size()];
    for (int i = 0; i < instances.size(); i++) {
      Instance of = instances.get(i);
      double left = mirrored ? frame.originalWidth() - of.box().right() : of.box().left();
      double right = left + of.box().width();
      boxes[4 * i] = (float) (left * frame.scaleX());
      boxes[4 * i + 1] = (float) (of.box().top() * frame.scaleY());
      boxes[4 * i + 2] = (float) (right * frame.scaleX());
      boxes[4 * i + 3] = (float) (of.box().bottom() * frame.scaleY());
    }
    return Boxes.clip(boxes, frame.height(), frame.width());
  }

  /** Each pixel as the nearest of the original is. */
  private static boolean[] resized(boolean[] mask, ImageFrame frame, boolean mirrored) {
    if (!mirrored
        && frame.width() == frame.originalWidth()
        && frame.height() == frame.originalHeight()) {
      return mask;
    }
    int[] columns = new int[frame.width()];
    for (int x = 0; x < columns.length; x++) {
      int nearest = (int) ((x + 0.5) * frame.originalWidth() / frame.width());
      columns[mirrored ? columns.length - 1 - x : x] = nearest;
    }
    boolean[] resized = new boolean[frame.width() * frame.height()];
    for (int y = 0; y < frame.height(); y++) {
      int row = (int) ((y + 0.5) * frame.originalHeight() / frame.height()) * frame.originalWidth();
      for (int x = 0; x < columns.length; x++) {
        resized[y * columns.length + x] = mask[row + columns[x]];
      }
    }
    return resized;
  }

  @Override
  public void close() {
    threads.close();
  }
}
