package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.restoration.Degradation;
import java.util.Locale;
import java.util.Objects;

/**
 * What a restorer learns, and from what pieces of pictures.
 *
 * @param degradation how good pictures are made bad
 * @param patch the side of a piece of the bad picture, in pixels; pictures that are smaller are
 *     mirrored
 * @param crops how many pieces of each picture an epoch has
 * @param loss what a wrong level costs
 */
public record RestorationSettings(Degradation degradation, int patch, int crops, LossKind loss) {

  /** The losses that there are. */
  public enum LossKind {
    /** The absolute difference. */
    L1,
    /** A smooth absolute difference, its epsilon 1e-6: a difference of 1e-3 is small. */
    CHARBONNIER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Pieces of 48x48 pixels, 32 of each picture an epoch, and the absolute difference.
   *
   * @param degradation how pictures are made bad
   * @return the settings
   */
  public static RestorationSettings of(Degradation degradation) {
    return new RestorationSettings(degradation, 48, 32, LossKind.L1);
  }

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the patch is below 8 or there are no crops
   */
  public RestorationSettings {
    Objects.requireNonNull(degradation, "degradation");
    Objects.requireNonNull(loss, "loss");
    Ranges.require(patch >= 8, "patch's side", patch);
    Ranges.require(crops >= 1, "number of crops", crops);
  }
}
