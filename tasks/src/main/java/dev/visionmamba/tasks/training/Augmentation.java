package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.image.ColourAdjustments;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.image.RandomResizedCrop;
import dev.visionmamba.tasks.image.Resampler;
import java.util.SplittableRandom;

/**
 * How training pictures are changed at random, on their pixels as torchvision and timm do it,
 * before they are normalised.
 *
 * @param shift how many pixels they are moved, each way, over black; at least 0
 * @param flip whether half of them are mirrored, left to right
 * @param smallestCrop the smallest share of a picture's area that is cut out and resized ({@link
 *     RandomResizedCrop}), above 0; 1 for no crop but that of testing
 * @param jitter by how much brightness, contrast and saturation change at most, in a random order:
 *     their factors lie between 1 - jitter and 1 + jitter; 0 (not at all) to 1
 */
public record Augmentation(int shift, boolean flip, double smallestCrop, float jitter) {

  /** Pictures as they are. */
  public static final Augmentation NONE = new Augmentation(0, false, 1, 0);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming what is out of range
   */
  public Augmentation {
    Ranges.require(shift >= 0, "shift", shift);
    Ranges.require(smallestCrop > 0 && smallestCrop <= 1, "smallest crop", smallestCrop);
    Ranges.require(jitter >= 0 && jitter <= 1, "colour jitter", jitter);
  }

  /**
   * Small pictures that are moved and mirrored, nothing else.
   *
   * @param shift by how many pixels at most, at least 0
   * @param flip whether half of them are mirrored, left to right
   * @return the augmentation
   * @throws IllegalArgumentException if the shift is out of range
   */
  public static Augmentation shifts(int shift, boolean flip) {
    return new Augmentation(shift, flip, 1, 0);
  }

  /** What is drawn for one picture before it is read; the seed is for what depends on its size. */
  record Draw(int up, int left, boolean mirrored, long seed) {}

  /** Draws for a picture; what is not asked for takes no random number. */
  Draw draw(SplittableRandom random) {
    int up = shift == 0 ? 0 : random.nextInt(2 * shift + 1) - shift;
    int left = shift == 0 ? 0 : random.nextInt(2 * shift + 1) - shift;
    boolean mirrored = flip && random.nextBoolean();
    return new Draw(up, left, mirrored, smallestCrop < 1 || jitter > 0 ? random.nextLong() : 0);
  }

  /** The levels of a picture in the network's size: (cropHeight, cropWidth, channels). */
  byte[] levels(PixelImage picture, Draw draw, Preprocessing preprocessing) {
    SplittableRandom random = new SplittableRandom(draw.seed);
    PixelImage image = picture.moved(draw.up, draw.left);
    if (smallestCrop < 1) {
      RandomResizedCrop.Box box =
          RandomResizedCrop.of(smallestCrop).box(image.width(), image.height(), random);
      image =
          Resampler.resize(
              image.crop(box.left(), box.top(), box.width(), box.height()),
              preprocessing.cropWidth(),
              preprocessing.cropHeight(),
              preprocessing.interpolation());
    }
    image = draw.mirrored ? image.mirrored() : image;
    image = jitter > 0 ? jittered(image, random) : image;
    if (smallestCrop == 1) {
      return preprocessing.pixels(image);
    }
    return preprocessing.channels() == 3 ? image.rgb() : image.grey();
  }

  private PixelImage jittered(PixelImage image, SplittableRandom random) {
    PixelImage jittered = image;
    for (int kind : Shuffle.of(3, random)) {
      float factor = (float) (1 + jitter * (2 * random.nextDouble() - 1));
      jittered =
          switch (kind) {
            case 0 -> ColourAdjustments.brightness(jittered, factor);
            case 1 -> ColourAdjustments.contrast(jittered, factor);
            default -> ColourAdjustments.saturation(jittered, factor);
          };
    }
    return jittered;
  }
}
