package dev.visionmamba.heads.restoration.pyramid;

import dev.visionmamba.backbones.ConstructorArguments;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The shape of a {@link PyramidDecoder}.
 *
 * @param channels of the features at the images' own resolution; at half of it twice as many, and
 *     so on, but never more than the finest level of the pyramid has
 * @param blocks residual blocks at each resolution, 0 or more
 * @param upsampling how the last features become an image
 * @param scale how much larger the output is: 1 with {@link Upsampling#RESIDUAL}; a power of two
 *     with {@link Upsampling#NEAREST_CONVOLUTION}; a power of two or three with {@link
 *     Upsampling#PIXEL_SHUFFLE}; any number over 1 with {@link Upsampling#PIXEL_SHUFFLE_DIRECT}
 */
public record PyramidDecoderConfig(int channels, int blocks, Upsampling upsampling, int scale) {

  /** For denoising, deblurring and the like: 32 channels, a block at each resolution. */
  public static final PyramidDecoderConfig DEFAULT =
      new PyramidDecoderConfig(32, 1, Upsampling.RESIDUAL, 1);

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range or the scale does not suit the way of
   *     upsampling
   */
  public PyramidDecoderConfig {
    if (channels < 1 || blocks < 0) {
      throw new IllegalArgumentException(
          "channels must be at least 1 and blocks at least 0, got " + channels + " and " + blocks);
    }
    boolean doubled = scale > 1 && Integer.bitCount(scale) == 1;
    boolean fits =
        switch (upsampling) {
          case RESIDUAL -> scale == 1;
          case NEAREST_CONVOLUTION -> doubled;
          case PIXEL_SHUFFLE -> scale == 3 || doubled;
          case PIXEL_SHUFFLE_DIRECT -> scale > 1;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "upscale = " + scale + " is not possible by the upsampler \"" + upsampling.word() + '"');
    }
  }

  /**
   * This configuration with some arguments replaced.
   *
   * @param arguments by the names of {@link #toArguments}
   * @return the configuration
   * @throws IllegalArgumentException if a name is unknown or a value does not suit
   */
  public PyramidDecoderConfig with(Map<String, ?> arguments) {
    ConstructorArguments read =
        new ConstructorArguments("PyramidDecoder", toArguments(), arguments);
    return new PyramidDecoderConfig(
        read.integer("channels", 1),
        read.integer("blocks", 0),
        Upsampling.of(read.word("upsampler", Upsampling.words())),
        read.integer("upscale", 1));
  }

  /**
   * This configuration as arguments.
   *
   * @return {@code channels}, {@code blocks}, {@code upsampler} (by {@link Upsampling#word}) and
   *     {@code upscale}
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("channels", channels);
    arguments.put("blocks", blocks);
    arguments.put("upsampler", upsampling.word());
    arguments.put("upscale", scale);
    return arguments;
  }
}
