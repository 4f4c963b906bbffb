package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.ImageRestorer;
import dev.visionmamba.tasks.RestorerOptions;
import dev.visionmamba.tasks.image.DeepImage;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.Levels;
import dev.visionmamba.tasks.metrics.ComparedChannels;
import dev.visionmamba.tasks.metrics.Psnr;
import dev.visionmamba.tasks.metrics.Ssim;
import dev.visionmamba.tasks.restoration.Degradation;
import dev.visionmamba.zoo.RestorerModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;

/** Measures how well a restorer does on good pictures that are made bad. */
public final class RestorerEvaluation {
  /** What the PSNR of identical pictures counts as. */
  private static final double IDENTICAL = 100;

  private RestorerEvaluation() {}

  /**
   * Makes every picture bad and restores it.
   *
   * @param model the model
   * @param pictures good ones, of the network's colours
   * @param degradation how they are made bad; a picture's noise is always the same
   * @param longestSide of pictures that are larger, a square of this side out of their middle is
   *     measured; {@link Integer#MAX_VALUE} for whole pictures. At the right and the bottom, what
   *     is over a multiple of the scale is cut off
   * @param workers how many threads share the pictures, at least 1; with more than one, start java
   *     with {@code -Dvisionmamba.threads=1}
   * @param progress told how many pictures are done
   * @return the means
   * @throws IllegalArgumentException if the degradation has another scale than the network, or the
   *     pictures other colours
   * @throws IOException if a picture cannot be read
   */
  public static RestorationScore run(
      RestorerModel model,
      PictureFolder pictures,
      Degradation degradation,
      int longestSide,
      int workers,
      IntConsumer progress)
      throws IOException {
    requireFit(model, pictures, degradation);
    List<RestorationScore> scores = new ArrayList<>();
    try (ParallelTasks threads = new ParallelTasks(workers)) {
      for (int from = 0; from < pictures.count(); from += workers) {
        List<Callable<RestorationScore>> tasks = new ArrayList<>();
        for (int i = from; i < Math.min(pictures.count(), from + workers); i++) {
          int index = i;
          tasks.add(() -> one(model, pictures.picture(index), degradation, longestSide, index));
        }
        scores.addAll(threads.run(tasks));
        progress.accept(from + tasks.size());
      }
    }
    double count = scores.size();
    return new RestorationScore(
        scores.size(),
        scores.stream().mapToDouble(RestorationScore::psnr).sum() / count,
        scores.stream().mapToDouble(RestorationScore::ssim).sum() / count,
        scores.stream().mapToDouble(RestorationScore::badPsnr).sum() / count,
        scores.stream().mapToDouble(RestorationScore::badSsim).sum() / count);
  }

  /** Refuses what a model cannot learn from. */
  static void requireFit(RestorerModel model, PictureFolder pictures, Degradation degradation) {
    if (degradation.scale() != model.network().scale()) {
      throw new IllegalArgumentException(
          "the degradation %s has a scale of %d, but %s has %d; take a network of that scale"
              .formatted(
                  degradation,
                  degradation.scale(),
                  model.description().name(),
                  model.network().scale()));
    }
    if (pictures.colours() != model.network().channels()) {
      throw new IllegalArgumentException(
          "the pictures have %d colours, but %s takes %d"
              .formatted(
                  pictures.colours(), model.description().name(), model.network().channels()));
    }
  }

  private static RestorationScore one(
      RestorerModel model, DeepImage picture, Degradation degradation, int longestSide, int index) {
    int scale = degradation.scale();
    DeepImage good = middle(picture, longestSide, scale);
    DeepImage bad = degradation.apply(good, new Random(index));
    DeepImage restored = ImageRestorer.restore(model, bad, RestorerOptions.DEFAULT);
    DeepImage before = bad.resize(good.width(), good.height(), Interpolation.BICUBIC);
    ComparedChannels channels = scale > 1 ? ComparedChannels.LUMA : ComparedChannels.COLOURS;
    int border = scale > 1 ? scale : 0;
    return new RestorationScore(
        1,
        Math.min(IDENTICAL, Psnr.of(restored, good, channels, border)),
        Ssim.of(restored, good, channels, border),
        Math.min(IDENTICAL, Psnr.of(before, good, channels, border)),
        Ssim.of(before, good, channels, border));
  }

  private static DeepImage middle(DeepImage picture, int longestSide, int scale) {
    int width = Math.min(longestSide, picture.width()) / scale * scale;
    int height = Math.min(longestSide, picture.height()) / scale * scale;
    if (width == picture.width() && height == picture.height()) {
      return picture;
    }
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException(
          "picture: %s is smaller than the scale %d".formatted(picture, scale));
    }
    int step = picture.channels();
    int left = (picture.width() - width) / 2;
    int top = (picture.height() - height) / 2;
    Levels levels = Levels.allocate(picture.levels().bits(), (long) width * height * step);
    int out = 0;
    for (int y = 0; y < height; y++) {
      int in = ((top + y) * picture.width() + left) * step;
      for (int i = 0; i < width * step; i++) {
        levels.set(out++, picture.levels().get(in + i));
      }
    }
    return new DeepImage(width, height, picture.colours(), picture.alpha(), levels);
  }
}
