package dev.visionmamba.scans.engine.cuda;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanResult;
import dev.visionmamba.scans.engine.cuda.CudaScan.Keep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The operators on NVIDIA GPUs, forward and backward, in kernels of our own: "cuda". Operands are
 * float32 or float16, states and sums float32. Nothing but a look for the driver's files happens
 * before the first array on a GPU is to be scanned; then CUDA's driver is opened, the kernels are
 * compiled by NVRTC or taken from the disk, and one line of the log says so. Where that fails a
 * warning says why, and DJL's own operations are used. Results are the same in every run.
 */
public final class CudaEngine implements ScanEngine {
  private final Devices devices;

  /** The engine that {@link java.util.ServiceLoader} finds. */
  public CudaEngine() {
    this(new CudaDevices());
  }

  CudaEngine(Devices devices) {
    this.devices = devices;
  }

  /** The devices that kernels run on. */
  interface Devices {
    /** A device with the kernels for a type on it; empty if there can be none. */
    Optional<CudaDevice> get(Device device, ElementType type);
  }

  @Override
  public String name() {
    return "cuda";
  }

  /** Below the CPU's engines, whose arrays it never takes: the first named is the CPU's. */
  @Override
  public int priority() {
    return 5;
  }

  /** Whether there may be a driver; whether it works is found out when it is needed. */
  @Override
  public boolean isAvailable() {
    if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")) {
      String root = System.getenv("SystemRoot");
      return root != null && Files.exists(Path.of(root, "System32", "nvcuda.dll"));
    }
    return List.of("/dev/nvidiactl", "/dev/dxg", "/dev/nvhost-gpu", "/dev/nvgpu").stream()
        .anyMatch(file -> Files.exists(Path.of(file)));
  }

  @Override
  public boolean supports(Device device, DataType type) {
    return ElementType.of(type).flatMap(element -> devices.get(device, element)).isPresent();
  }

  @Override
  public boolean isDifferentiable() {
    return false;
  }

  private CudaDevice device(NDArray array) {
    return devices.get(array.getDevice(), type(array)).orElseThrow();
  }

  private static ElementType type(NDArray array) {
    return ElementType.of(array.getDataType()).orElseThrow();
  }

  private CudaScan scan(SelectiveScanArguments arguments) {
    NDArray u = arguments.directions().get(0).u().array();
    return new CudaScan(device(u), type(u), arguments);
  }

  @Override
  public ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState) {
    try (GradientMode off = GradientMode.off()) {
      return scan(arguments).forward(keepLastState ? Keep.LAST_STATES : Keep.NOTHING);
    }
  }

  @Override
  public ScanResult selectiveScanForBackward(SelectiveScanArguments arguments) {
    try (GradientMode off = GradientMode.off()) {
      return scan(arguments).forward(Keep.FOR_BACKWARD);
    }
  }

  @Override
  public void selectiveScanBackward(
      SelectiveScanArguments arguments, NDList saved, NDArray outputGradient, NDList gradients) {
    try (GradientMode off = GradientMode.off()) {
      scan(arguments).backward(saved, outputGradient, gradients);
    }
  }

  private CudaConvolution convolution(CausalConv1dArguments arguments) {
    NDArray x = arguments.x().array();
    return new CudaConvolution(device(x), type(x), arguments);
  }

  @Override
  public NDArray causalConv1d(CausalConv1dArguments arguments) {
    try (GradientMode off = GradientMode.off()) {
      return convolution(arguments).forward();
    }
  }

  @Override
  public void causalConv1dBackward(
      CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
    try (GradientMode off = GradientMode.off()) {
      convolution(arguments).backward(outputGradient, gradients);
    }
  }
}
