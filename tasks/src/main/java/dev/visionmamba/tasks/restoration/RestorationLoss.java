package dev.visionmamba.tasks.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import java.util.function.BinaryOperator;

/**
 * What a restored picture costs, over images (B, C, H, W) of levels 0 to 1: the mean over all
 * elements of a function of the prediction p and the original y, a scalar. Sums of losses, weighed,
 * are the user's own to make.
 */
public final class RestorationLoss extends Loss {
  /** BasicSR's default of what is added below the root. */
  public static final float CHARBONNIER_EPSILON = 1e-12f;

  /** Keeps the root of an amplitude that is 0 differentiable. */
  private static final float AMPLITUDE_EPSILON = 1e-12f;

  private final BinaryOperator<NDArray> compared;

  private RestorationLoss(String name, BinaryOperator<NDArray> compared) {
    super(name);
    this.compared = compared;
  }

  /**
   * The absolute difference: mean |p - y|.
   *
   * @return the loss
   */
  public static RestorationLoss l1() {
    return new RestorationLoss("l1", (p, y) -> p.sub(y).abs());
  }

  /**
   * A smooth absolute difference (Lai et al., "Deep Laplacian Pyramid Networks for Fast and
   * Accurate Super-Resolution", 2017): mean sqrt((p - y)^2 + epsilon).
   *
   * @param epsilon added below the root, over 0: the paper's 1e-3 squared, or {@link
   *     #CHARBONNIER_EPSILON}
   * @return the loss
   * @throws IllegalArgumentException if epsilon is not over 0
   */
  public static RestorationLoss charbonnier(float epsilon) {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("epsilon must be over 0, got " + epsilon);
    }
    return new RestorationLoss("charbonnier", (p, y) -> root(p.sub(y).square(), epsilon));
  }

  /**
   * The absolute difference of spectra (Cho et al., "Rethinking Coarse-to-Fine Approach in Single
   * Image Deblurring", 2021): the mean of |Re F(p - y)| and |Im F(p - y)| over all frequencies, F
   * the two-dimensional discrete Fourier transform of each channel, not normalised.
   *
   * @return the loss
   */
  public static RestorationLoss frequency() {
    return new RestorationLoss("frequency", (p, y) -> spectrum(p.sub(y)).abs());
  }

  /**
   * The absolute difference of amplitudes: mean ||F(p)| - |F(y)|| over all frequencies, F as in
   * {@link #frequency}; where things are does not matter to it.
   *
   * @return the loss
   */
  public static RestorationLoss amplitude() {
    return new RestorationLoss("amplitude", (p, y) -> amplitude(p).sub(amplitude(y)).abs());
  }

  /**
   * The loss of a batch.
   *
   * @param labels the originals (B, C, H, W)
   * @param predictions the restored images (B, C, H, W)
   * @return a scalar
   * @throws IllegalArgumentException if the shapes differ or are not (B, C, H, W)
   */
  @Override
  public NDArray evaluate(NDList labels, NDList predictions) {
    NDArray original = labels.singletonOrThrow();
    NDArray restored = predictions.singletonOrThrow();
    Shape shape = restored.getShape();
    if (shape.dimension() != 4 || !shape.equals(original.getShape())) {
      throw new IllegalArgumentException(
          "predictions and labels must both be (B, C, H, W), got %s and %s"
              .formatted(shape, original.getShape()));
    }
    return compared.apply(restored, original).mean();
  }

  /** (B, C, H, W) to (B, C, H, W, 2): real and imaginary parts. */
  private static NDArray spectrum(NDArray images) {
    Shape shape = images.getShape();
    return images.fft2(new long[] {shape.get(2), shape.get(3)}, new long[] {2, 3}).real();
  }

  private static NDArray amplitude(NDArray images) {
    return root(spectrum(images).square().sum(new int[] {-1}), AMPLITUDE_EPSILON);
  }

  private static NDArray root(NDArray squares, float epsilon) {
    NDManager manager = squares.getManager();
    return squares.add(manager.full(new Shape(), epsilon, squares.getDataType())).sqrt();
  }
}
