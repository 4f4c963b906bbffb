package dev.visionmamba.scans.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import com.sun.jna.NativeLibrary;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.engine.ScanEngine;
import dev.visionmamba.scans.engine.ScanResult;
import dev.visionmamba.scans.engine.cuda.CudaScan.Keep;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A GPU that is this processor: the kernels' own text, compiled by g++ with a header that stands in
 * for CUDA's words, behind a library that answers like CUDA's driver and NVRTC. All but the
 * devices' own code runs as on a GPU. It takes arrays on the CPU.
 */
public final class EmulatedCuda {
  private final Path folder;
  private final NativeLibrary library;

  /**
   * Builds the library.
   *
   * @param folder an empty one
   */
  public EmulatedCuda(Path folder) throws Exception {
    assumeTrue(runs("g++", "--version"), "the kernels are checked where g++ is: there is none");
    this.folder = folder;
    for (String name : List.of("emulation.h", "libcuda.cpp")) {
      try (InputStream stream = EmulatedCuda.class.getResourceAsStream(name)) {
        Files.copy(stream, folder.resolve(name));
      }
    }
    Path built = folder.resolve("libcuda-emulated.so");
    String source = folder.resolve("libcuda.cpp").toString();
    run("g++", "-std=c++17", "-O1", "-shared", "-fPIC", "-o", built.toString(), source, "-ldl");
    library = NativeLibrary.getInstance(built.toString());
    library.getFunction("emulated_folder").invokeVoid(new Object[] {folder.toString()});
  }

  /** Whether a command is here and ends well. */
  static boolean runs(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** What a command prints; it must end well. */
  static String run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** The library that answers like CUDA's. */
  NativeLibrary library() {
    return library;
  }

  /** Where compiled kernels are kept. */
  Path cache() {
    return folder.resolve("cache");
  }

  /** How often kernels have been compiled. */
  int compilations() {
    return library.getFunction("emulated_compilations").invokeInt(new Object[0]);
  }

  /** A device. */
  CudaDevice device(int multiprocessors) {
    library.getFunction("emulated_multiprocessors").invokeVoid(new Object[] {multiprocessors});
    return new CudaDevice(
        Device.cpu(),
        0,
        new CudaDriver(library),
        () -> new Nvrtc(library),
        new KernelCache(cache()));
  }

  /**
   * An engine.
   *
   * @param multiprocessors of 256 threads: with none a sequence is walked in one pass, with more
   *     than its channels keep busy in two
   */
  public ScanEngine engine(int multiprocessors) {
    CudaDevice opened = device(multiprocessors);
    return new CudaEngine((device, type) -> Optional.of(opened));
  }

  /** An engine that takes the two bytes of a float16 for bfloat16, which DJL cannot hold. */
  public ScanEngine bfloat16Engine(int multiprocessors) {
    return new Bfloat16Engine(device(multiprocessors));
  }

  private record Bfloat16Engine(CudaDevice device) implements ScanEngine {
    @Override
    public String name() {
      return "bfloat16";
    }

    @Override
    public int priority() {
      return 0;
    }

    @Override
    public boolean isAvailable() {
      return true;
    }

    @Override
    public boolean supports(Device other, DataType type) {
      return true;
    }

    @Override
    public boolean isDifferentiable() {
      return false;
    }

    private CudaScan scan(SelectiveScanArguments arguments) {
      return new CudaScan(device, ElementType.BFLOAT16, arguments);
    }

    @Override
    public ScanResult selectiveScan(SelectiveScanArguments arguments, boolean keepLastState) {
      return scan(arguments).forward(Keep.NOTHING);
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

    @Override
    public NDArray causalConv1d(CausalConv1dArguments arguments) {
      return new CudaConvolution(device, ElementType.BFLOAT16, arguments).forward();
    }

    @Override
    public void causalConv1dBackward(
        CausalConv1dArguments arguments, NDArray outputGradient, NDList gradients) {
      new CudaConvolution(device, ElementType.BFLOAT16, arguments)
          .backward(outputGradient, gradients);
    }
  }
}
