package dev.visionmamba.tasks.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.GridTurn;
import dev.visionmamba.tasks.image.Levels;
import dev.visionmamba.tasks.restoration.Degradation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;

/**
 * The batches of one epoch of a restorer's training: pieces at random places of the pictures, in
 * one of the eight turns and mirrorings if that is wanted, and what they look like when made bad. A
 * piece is made bad with a margin around it, so that its edge is no other than its middle. Random
 * numbers are drawn in the pieces' order, however many threads there are.
 */
final class RestorationBatches implements TrainingTask.Batches<RestorationBatches.Batch> {
  /** Pixels of the good picture around a piece, at least; a multiple of JPEG's blocks. */
  private static final int MARGIN = 16;

  private final PictureFolder pictures;
  private final RestorationSettings settings;
  private final TrainingOptions options;
  private final int[] order;
  private final SplittableRandom random;
  private final ParallelTasks threads;
  private int next;

  RestorationBatches(
      PictureFolder pictures,
      RestorationSettings settings,
      TrainingOptions options,
      int[] order,
      SplittableRandom random,
      int threads) {
    this.pictures = pictures;
    this.settings = settings;
    this.options = options;
    this.order = order;
    this.random = random;
    this.threads = new ParallelTasks(threads);
  }

  /**
   * A batch, its levels in 0..1.
   *
   * @param bad (B, channels, patch, patch)
   * @param good (B, channels, scale * patch, scale * patch)
   */
  record Batch(NDArray bad, NDArray good) implements TrainingTask.Examples<Batch> {
    @Override
    public int size() {
      return Math.toIntExact(bad.getShape().get(0));
    }

    @Override
    public Batch part(int from, int to, NDManager manager) {
      NDIndex part = new NDIndex().addSliceDim(from, to);
      Batch some = new Batch(bad.get(part), good.get(part));
      manager.attachAll(some.bad, some.good);
      return some;
    }
  }

  @Override
  public Batch next(NDManager manager) throws IOException {
    int count = Math.min(options.batchSize(), order.length - next);
    int channels = pictures.colours();
    int patch = settings.patch();
    int large = settings.degradation().scale() * patch;
    float[] bad = new float[count * channels * patch * patch];
    float[] good = new float[count * channels * large * large];
    long[] seeds = random.longs(count).toArray();
    int first = next;
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int thread = 0; thread < threads.count(); thread++) {
      int start = thread;
      tasks.add(
          () -> {
            for (int i = start; i < count; i += threads.count()) {
              DeepImage picture = pictures.picture(order[first + i] / settings.crops());
              Piece piece = piece(picture, new Random(seeds[i]));
              write(piece.bad, bad, i * channels * patch * patch);
              write(piece.good, good, i * channels * large * large);
            }
            return true;
          });
    }
    next += count;
    threads.run(tasks);
    return new Batch(
        array(manager, bad, new Shape(count, channels, patch, patch)),
        array(manager, good, new Shape(count, channels, large, large)));
  }

  private static NDArray array(NDManager manager, float[] levels, Shape shape) {
    return HostMemory.write(manager, shape, memory -> memory.put(levels));
  }

  /** A piece of a picture, before and after it was made bad. */
  private record Piece(DeepImage good, DeepImage bad) {}

  private Piece piece(DeepImage picture, Random drawn) {
    Degradation degradation = settings.degradation();
    int scale = degradation.scale();
    int margin = (MARGIN + scale - 1) / scale; // pixels of the bad piece
    int side = settings.patch() + 2 * margin;
    int large = scale * side;
    int left = drawn.nextInt(Math.max(0, picture.width() - large) + 1);
    int top = drawn.nextInt(Math.max(0, picture.height() - large) + 1);
    int orientation = options.augmentation().flip() ? 1 + drawn.nextInt(GridTurn.COUNT) : 1;
    DeepImage good = cut(picture, left, top, large).turned(orientation);
    DeepImage bad = degradation.apply(good, drawn);
    return new Piece(
        cut(good, scale * margin, scale * margin, scale * settings.patch()),
        cut(bad, margin, margin, settings.patch()));
  }

  /** A square; beyond the right and the bottom edge the picture is mirrored. */
  private static DeepImage cut(DeepImage picture, int left, int top, int side) {
    int step = picture.channels();
    Levels from = picture.levels();
    Levels to = Levels.allocate(from.bits(), (long) side * side * step);
    int out = 0;
    for (int y = 0; y < side; y++) {
      int row = mirrored(top + y, picture.height()) * picture.width();
      for (int x = 0; x < side; x++) {
        int in = (row + mirrored(left + x, picture.width())) * step;
        for (int c = 0; c < step; c++) {
          to.set(out++, from.get(in + c));
        }
      }
    }
    return new DeepImage(side, side, picture.colours(), picture.alpha(), to);
  }

  private static int mirrored(int place, int length) {
    if (length == 1) {
      return 0;
    }
    int period = 2 * (length - 1);
    int inPeriod = place % period;
    return Math.min(inPeriod, period - inPeriod);
  }

  private static void write(DeepImage picture, float[] planes, int offset) {
    int plane = picture.width() * picture.height();
    int step = picture.channels();
    float max = picture.levels().max();
    for (int c = 0; c < step; c++) {
      for (int i = 0; i < plane; i++) {
        planes[offset + c * plane + i] = picture.levels().get(i * step + c) / max;
      }
    }
  }

  @Override
  public void close() {
    threads.close();
  }
}
