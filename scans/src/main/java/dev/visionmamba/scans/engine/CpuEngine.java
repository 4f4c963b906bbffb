package dev.visionmamba.scans.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.DepthwiseConv2dArguments;
import dev.visionmamba.scans.NormalizationArguments;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.engine.CpuScan.Keep;
import java.util.Optional;

/**
 * The operators on the CPU, forward and backward, working on the tensors' own memory; float32. With
 * the JDK's Vector API where the module {@code jdk.incubator.vector} is present ("vector"), else in
 * plain Java ("plain").
 */
final class CpuEngine implements ScanEngine {
  static final String PLAIN = "plain";

  private final String name;
  private final int priority;
  private final ScanKernel kernel;
  private final ThreadLocal<Workspace> workspaces;

  private CpuEngine(String name, int priority, ScanKernel kernel) {
    this.name = name;
    this.priority = priority;
    this.kernel = kernel;
    this.workspaces = ThreadLocal.withInitial(() -> new Workspace(kernel));
  }

  /** The engine with the Vector API; empty if the JVM was started without it. */
  static Optional<ScanEngine> vector() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return Optional.empty();
    }
    VectorKernel kernel = new VectorKernel();
    VectorPrelude.run(kernel);
    return Optional.of(new CpuEngine("vector", 20, kernel));
  }

  /** The engine in plain Java. */
  static ScanEngine plain() {
    return new CpuEngine(PLAIN, 10, new PlainKernel());
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int priority() {
    return priority;
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public boolean supports(Device device, DataType type) {
    return type == DataType.FLOAT32 && device.equals(Device.cpu());
  }

  @Override
  public boolean isDifferentiable() {
    return false;
  }

  private CpuScan scan(SelectiveScanArguments arguments) {
    return new CpuScan(workspaces::get, kernel.lanes(), arguments);
  }

  @Override
  public ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState) {
    return scan(arguments).forward(keepLastState ? Keep.LAST_STATES : Keep.NOTHING);
  }

  @Override
  public ScanResult selectiveScanForBackward(SelectiveScanArguments arguments) {
    return scan(arguments).forward(Keep.FOR_BACKWARD);
  }

  @Override
  public void selectiveScanBackward(
      SelectiveScanArguments arguments, NDList saved, NDArray outputGradient, NDList gradients) {
    scan(arguments).backward(saved, outputGradient, gradients);
  }

  private CpuConvolution convolution(CausalConv1dArguments arguments) {
    return new CpuConvolution(workspaces::get, kernel.lanes(), arguments);
  }

  @Override
  public NDArray causalConv1d(CausalConv1dArguments arguments) {
    return convolution(arguments).forward();
  }

  @Override
  public void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
    convolution(arguments).backward(outputGradient, gradients);
  }

  @Override
  public NDArray depthwiseConv2d(DepthwiseConv2dArguments arguments) {
    return CpuConvolution2d.suits(arguments)
        ? new CpuConvolution2d(workspaces::get, kernel.lanes(), arguments).forward()
        : ScanEngine.super.depthwiseConv2d(arguments);
  }

  @Override
  public NDArray normalize(NormalizationArguments arguments) {
    return CpuNormalization.holds(arguments)
        ? new CpuNormalization(workspaces::get, arguments).forward()
        : ScanEngine.super.normalize(arguments);
  }
}
