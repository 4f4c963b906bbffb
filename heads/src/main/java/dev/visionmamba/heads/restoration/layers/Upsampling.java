package dev.visionmamba.heads.restoration.layers;

import java.util.Arrays;
import java.util.List;

/** How the last features become an image (SwinIR, arXiv:2108.10257, section 3.1). */
public enum Upsampling {
  /**
   * Convolutions and pixel shuffles in steps of two, or one of three: classical super-resolution.
   */
  PIXEL_SHUFFLE("pixelshuffle"),
  /** One convolution and one pixel shuffle: lightweight super-resolution. */
  PIXEL_SHUFFLE_DIRECT("pixelshuffledirect"),
  /** Nearest neighbours and convolutions, to four times the size: real-world super-resolution. */
  NEAREST_CONVOLUTION("nearest+conv"),
  /** A convolution that gives what is to be added to the image: denoising and the like. */
  RESIDUAL("");

  private final String word;

  Upsampling(String word) {
    this.word = word;
  }

  /**
   * What the reference calls it.
   *
   * @return the value of its argument {@code upsampler}
   */
  public String word() {
    return word;
  }

  /**
   * What the reference calls them.
   *
   * @return one a kind
   */
  public static List<String> words() {
    return Arrays.stream(values()).map(Upsampling::word).toList();
  }

  /**
   * The kind that the reference calls so.
   *
   * @param word one of {@link #words()}
   * @return the kind
   * @throws IllegalArgumentException if there is none
   */
  public static Upsampling of(String word) {
    return Arrays.stream(values())
        .filter(kind -> kind.word.equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "upsampler must be one of " + words() + ", got " + word));
  }
}
