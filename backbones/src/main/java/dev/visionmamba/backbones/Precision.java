package dev.visionmamba.backbones;

import ai.djl.ndarray.types.DataType;
import java.util.Locale;

/**
 * How finely a network computes in prediction. The names are those of the types.
 *
 * <p>In half precision the weights of matrix products and convolutions, and what they give, are
 * float16. All that would suffer stays float32: norms and their parameters, softmax, residual
 * streams, means, positions, the parameters of state spaces (A, D, the bias and the weight of the
 * step sizes), their states and sums, images, and whatever a network gives. What float16 cannot
 * hold becomes the nearest that it can before a product.
 *
 * <p>Results differ by some thousandths of their largest number; more where a network chooses on
 * its way, as MambaIRv2 does its prompts, and a choice that is nearly a tie comes out otherwise.
 */
public enum Precision {
  /** As trained. */
  FLOAT32(DataType.FLOAT32),
  /**
   * Half the memory for weights, and on a GPU faster products. On a CPU slower than float32: such
   * products are computed in float32 between roundings to float16.
   */
  FLOAT16(DataType.FLOAT16);

  private final DataType type;

  Precision(DataType type) {
    this.type = type;
  }

  /**
   * The type of weights and of what products give.
   *
   * @return FLOAT32 or FLOAT16
   */
  public DataType type() {
    return type;
  }

  /**
   * The precision of a name.
   *
   * @param name float32 or float16, in any case of letters
   * @return the precision
   * @throws IllegalArgumentException if there is none of that name; of bfloat16 the message says
   *     why not: DJL cannot hold such arrays
   */
  public static Precision of(String name) {
    return switch (name.strip().toLowerCase(Locale.ROOT)) {
      case "float32" -> FLOAT32;
      case "float16" -> FLOAT16;
      case "bfloat16" ->
          throw new IllegalArgumentException(
              "precision bfloat16 is not to be had: DJL 0.35 cannot hold such arrays, and ends the"
                  + " JVM over one; take float16, or float32");
      default ->
          throw new IllegalArgumentException(
              "a precision must be float32 or float16, but is \"" + name + "\"");
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
