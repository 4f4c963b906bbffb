package dev.visionmamba.heads.restoration.layers;

import dev.visionmamba.backbones.ConstructorArguments;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@link ResidualRestorer} is like around its groups.
 *
 * @param channels of the images; of three, the mean colour of DIV2K is taken off
 * @param embedDim C, channels of the features
 * @param scale how much larger the output is
 * @param imageRange what the values are multiplied by inside
 * @param upsampling how features become images
 * @param residualConnection one of {@link ResidualConvolution#WORDS}
 */
public record RestorerShape(
    int channels,
    int embedDim,
    int scale,
    double imageRange,
    Upsampling upsampling,
    String residualConnection) {

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one does not suit the others
   */
  public RestorerShape {
    if (!(imageRange > 0)) {
      throw new IllegalArgumentException("img_range must be above 0, got " + imageRange);
    }
    if (residualConnection.equals("3conv") && embedDim < 4) {
      throw new IllegalArgumentException("3conv needs an embed_dim of at least 4, got " + embedDim);
    }
    boolean fits =
        switch (upsampling) {
          case RESIDUAL -> scale == 1;
          case NEAREST_CONVOLUTION -> scale == 4;
          case PIXEL_SHUFFLE -> scale == 3 || Integer.bitCount(scale) == 1;
          case PIXEL_SHUFFLE_DIRECT -> true;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "upscale = " + scale + " is not possible by the upsampler \"" + upsampling.word() + '"');
    }
  }

  /**
   * The shape that arguments of a reference's constructor tell, and those that every published
   * network has alike: {@code img_size}, which changes nothing, {@code patch_norm} and {@code
   * patch_size}.
   *
   * @param arguments by the reference's names
   * @return the shape
   * @throws IllegalArgumentException if a value does not suit
   */
  public static RestorerShape of(ConstructorArguments arguments) {
    arguments.size("img_size");
    boolean norm = arguments.bool("patch_norm");
    int patch = arguments.integer("patch_size", 1);
    if (!norm || patch != 1) {
      throw new IllegalArgumentException(
          "patch_norm must be true and patch_size 1, as in every published network, got "
              + norm
              + " and "
              + patch);
    }
    return new RestorerShape(
        arguments.integer("in_chans", 1),
        arguments.integer("embed_dim", 1),
        arguments.integer("upscale", 1),
        arguments.number("img_range", 0),
        Upsampling.of(arguments.word("upsampler", Upsampling.words())),
        arguments.word("resi_connection", ResidualConvolution.WORDS));
  }

  /**
   * This shape as arguments of a reference's constructor.
   *
   * @return a new map; {@link #of(ConstructorArguments)} it gives this shape again
   */
  public Map<String, Object> toArguments() {
    Map<String, Object> arguments = new LinkedHashMap<>();
    arguments.put("img_size", 64);
    arguments.put("patch_size", 1);
    arguments.put("patch_norm", true);
    arguments.put("in_chans", channels);
    arguments.put("embed_dim", embedDim);
    arguments.put("upscale", scale);
    arguments.put("img_range", imageRange);
    arguments.put("upsampler", upsampling.word());
    arguments.put("resi_connection", residualConnection);
    return arguments;
  }
}
