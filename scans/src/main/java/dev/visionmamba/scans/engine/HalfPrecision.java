package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import dev.visionmamba.scans.NormalizationArguments;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.SelectiveScanArguments;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * An engine of float32 that takes operands in float16, too: they are converted to float32 before it
 * runs, and a convolution's output and the gradients to float16 after. States and outputs of scans
 * stay float32: in float16 they would overflow, and forget what decays slowly.
 */
final class HalfPrecision implements ScanEngine {
  private final ScanEngine engine;

  HalfPrecision(ScanEngine engine) {
    this.engine = engine;
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public int priority() {
    return engine.priority();
  }

  @Override
  public boolean isAvailable() {
    return engine.isAvailable();
  }

  @Override
  public boolean supports(Device device, DataType type) {
    return engine.supports(device, type == DataType.FLOAT16 ? DataType.FLOAT32 : type);
  }

  @Override
  public boolean isDifferentiable() {
    return engine.isDifferentiable();
  }

  /** The float32 forms of a call's arrays; those that had to be made are freed in the end. */
  private static final class Single implements AutoCloseable {
    private final Map<NDArray, NDArray> made = new IdentityHashMap<>();

    NDArray of(NDArray array) {
      return isHalf(array)
          ? made.computeIfAbsent(array, half -> half.toType(DataType.FLOAT32, false))
          : array;
    }

    Columns of(Columns columns) {
      return columns == null
          ? null
          : new Columns(of(columns.array()), columns.from(), columns.to());
    }

    SelectiveScanArguments of(SelectiveScanArguments arguments) {
      List<ScanDirection> directions = new ArrayList<>();
      for (ScanDirection direction : arguments.directions()) {
        directions.add(
            new ScanDirection(
                direction.path(),
                direction.parameterPath(),
                of(direction.u()),
                of(direction.delta()),
                of(direction.b()),
                of(direction.c()),
                of(direction.a()),
                of(direction.d()),
                of(direction.deltaBias()),
                direction.groups(),
                of(direction.deltaWeight()),
                direction.index()));
      }
      return new SelectiveScanArguments(
          directions, of(arguments.gate()), arguments.merge(), arguments.deltaSoftplus());
    }

    CausalConv1dArguments of(CausalConv1dArguments arguments) {
      return new CausalConv1dArguments(
          arguments.path(), of(arguments.x()), of(arguments.weight()), of(arguments.bias()));
    }

    DepthwiseConv2dArguments of(DepthwiseConv2dArguments arguments) {
      return new DepthwiseConv2dArguments(
          of(arguments.x()),
          arguments.height(),
          arguments.width(),
          of(arguments.weight()),
          of(arguments.bias()));
    }

    NormalizationArguments of(NormalizationArguments arguments) {
      return new NormalizationArguments(
          of(arguments.x()),
          of(arguments.weight()),
          of(arguments.bias()),
          arguments.epsilon(),
          of(arguments.gate()));
    }

    @Override
    public void close() {
      made.values().forEach(NDArray::close);
    }
  }

  private static boolean isHalf(NDArray array) {
    return array != null && array.getDataType() == DataType.FLOAT16;
  }

  /** A float32 array, which ends, in float16. */
  private static NDArray half(NDArray array) {
    try (array) {
      return array.toType(DataType.FLOAT16, false);
    }
  }

  private static boolean areHalf(NDList arrays) {
    return arrays.stream().anyMatch(HalfPrecision::isHalf);
  }

  @Override
  public ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState) {
    if (!areHalf(arguments.arrays())) {
      return engine.selectiveScan(arguments, keepLastState);
    }
    try (Single single = new Single()) {
      return engine.selectiveScan(single.of(arguments), keepLastState);
    }
  }

  @Override
  public ScanResult selectiveScanForBackward(SelectiveScanArguments arguments) {
    if (!areHalf(arguments.arrays())) {
      return engine.selectiveScanForBackward(arguments);
    }
    try (Single single = new Single()) {
      return engine.selectiveScanForBackward(single.of(arguments));
    }
  }

  @Override
  public void selectiveScanBackward(
      SelectiveScanArguments arguments, NDList saved, NDArray outputGradient, NDList gradients) {
    if (!areHalf(arguments.arrays())) {
      engine.selectiveScanBackward(arguments, saved, outputGradient, gradients);
      return;
    }
    try (Single single = new Single();
        NDList sums = singles(gradients)) {
      engine.selectiveScanBackward(single.of(arguments), saved, single.of(outputGradient), sums);
      add(sums, gradients);
    }
  }

  @Override
  public NDArray causalConv1d(CausalConv1dArguments arguments) {
    if (!areHalf(arguments.arrays())) {
      return engine.causalConv1d(arguments);
    }
    try (Single single = new Single()) {
      return half(engine.causalConv1d(single.of(arguments)));
    }
  }

  @Override
  public void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
    if (!areHalf(arguments.arrays())) {
      engine.causalConv1dBackward(arguments, outputGradient, gradients);
      return;
    }
    try (Single single = new Single();
        NDList sums = singles(gradients)) {
      engine.causalConv1dBackward(single.of(arguments), single.of(outputGradient), sums);
      add(sums, gradients);
    }
  }

  @Override
  public NDArray depthwiseConv2d(DepthwiseConv2dArguments arguments) {
    if (!areHalf(arguments.arrays())) {
      return engine.depthwiseConv2d(arguments);
    }
    try (Single single = new Single()) {
      return half(engine.depthwiseConv2d(single.of(arguments)));
    }
  }

  @Override
  public NDArray normalize(NormalizationArguments arguments) {
    if (!areHalf(arguments.arrays())) {
      return engine.normalize(arguments);
    }
    try (Single single = new Single()) {
      return half(engine.normalize(single.of(arguments)));
    }
  }

  /** Zeros in float32, where the gradients are. */
  private static NDList singles(NDList gradients) {
    NDList zeros = new NDList();
    for (NDArray gradient : gradients) {
      zeros.add(
          gradient.getManager().zeros(gradient.getShape(), DataType.FLOAT32, gradient.getDevice()));
    }
    return zeros;
  }

  private static void add(NDList sums, NDList gradients) {
    for (int i = 0; i < sums.size(); i++) {
      gradients.get(i).addi(sums.get(i));
    }
  }
}
