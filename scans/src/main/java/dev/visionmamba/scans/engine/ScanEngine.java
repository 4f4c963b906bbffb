package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import dev.visionmamba.scans.NormalizationArguments;
import dev.visionmamba.scans.SelectiveScanArguments;

/**
 * An implementation of the operators. Engines of other libraries are found by {@link
 * java.util.ServiceLoader} (a public constructor without arguments); all must be thread-safe.
 * Arguments have been checked before they arrive. Outputs belong to the manager of the (first)
 * input.
 */
public interface ScanEngine {

  /**
   * The name that the system property {@value ScanEngines#PROPERTY} chooses it by.
   *
   * @return a short word in lower case
   */
  String name();

  /**
   * Among the engines that support an array, the one of the highest priority is chosen.
   *
   * @return 0 for the engine that always works, more for faster ones
   */
  int priority();

  /**
   * Whether this engine can work here at all: its hardware and libraries are present.
   *
   * @return false to be left out
   */
  boolean isAvailable();

  /**
   * Whether this engine can work on arrays of a kind.
   *
   * @param device where the arrays are
   * @param type their type
   * @return true if so
   */
  boolean supports(Device device, DataType type);

  /**
   * Whether libtorch's autograd sees through the forward passes. If not, the backward methods are
   * used.
   *
   * @return true if so
   */
  boolean isDifferentiable();

  /**
   * The selective scan.
   *
   * @param arguments the operands
   * @param keepLastState whether the last states are wanted
   * @return the output and, if wanted, the last states
   */
  ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState);

  /**
   * The selective scan, with what its backward pass wants to have again.
   *
   * @param arguments the operands
   * @return the output and the arrays saved, in the manager of the first direction's input
   */
  ScanResult selectiveScanForBackward(SelectiveScanArguments arguments);

  /**
   * Adds the selective scan's gradients.
   *
   * @param arguments the operands of the forward pass
   * @param saved what {@link #selectiveScanForBackward} has saved, unchanged
   * @param outputGradient (B, L, D)
   * @param gradients one for each of {@link SelectiveScanArguments#arrays()}, to be added to
   */
  void selectiveScanBackward(
      SelectiveScanArguments arguments, NDList saved, NDArray outputGradient, NDList gradients);

  /**
   * The selective scan's gradients where no forward pass has saved anything: it is run again.
   *
   * @param arguments the operands
   * @param outputGradient (B, L, D)
   * @return one gradient for each of {@link SelectiveScanArguments#arrays()}
   */
  default NDList selectiveScanBackward(SelectiveScanArguments arguments, NDArray outputGradient) {
    NDList gradients = zeros(arguments.arrays(), outputGradient);
    ScanResult forward = selectiveScanForBackward(arguments);
    try (NDArray output = forward.output();
        NDList saved = forward.saved()) {
      selectiveScanBackward(arguments, saved, outputGradient, gradients);
    }
    return gradients;
  }

  /**
   * The causal convolution with SiLU.
   *
   * @param arguments the operands
   * @return (B, L, D)
   */
  NDArray causalConv1d(CausalConv1dArguments arguments);

  /**
   * Adds the causal convolution's gradients.
   *
   * @param arguments the operands of the forward pass
   * @param outputGradient (B, L, D)
   * @param gradients one for each of {@link CausalConv1dArguments#arrays()}, to be added to
   */
  void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients);

  /**
   * The causal convolution's gradients.
   *
   * @param arguments the operands of the forward pass
   * @param outputGradient (B, L, D)
   * @return one gradient for each of {@link CausalConv1dArguments#arrays()}
   */
  default NDList causalConv1dBackward(CausalConv1dArguments arguments, NDArray outputGradient) {
    NDList gradients = zeros(arguments.arrays(), outputGradient);
    causalConv1dBackward(arguments, outputGradient, gradients);
    return gradients;
  }

  /**
   * The depthwise convolution of maps with SiLU.
   *
   * @param arguments the operands
   * @return (B, H*W, D); unless an engine has something faster, by DJL's operations
   */
  default NDArray depthwiseConv2d(DepthwiseConv2dArguments arguments) {
    return NDArrayConvolution2d.forward(arguments);
  }

  /**
   * A norm over channels, with a gate if there is one.
   *
   * @param arguments the operands
   * @return of the shape of x; unless an engine has something faster, by DJL's operations
   */
  default NDArray normalize(NormalizationArguments arguments) {
    return NDArrayNormalization.forward(arguments);
  }

  private static NDList zeros(NDList arrays, NDArray outputGradient) {
    NDList zeros = new NDList();
    for (NDArray array : arrays) {
      zeros.add(
          outputGradient
              .getManager()
              .zeros(array.getShape(), array.getDataType(), array.getDevice()));
    }
    return zeros;
  }
}
