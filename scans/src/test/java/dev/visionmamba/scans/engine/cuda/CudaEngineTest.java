package dev.visionmamba.scans.engine.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import dev.visionmamba.scans.ScanPath;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is around the kernels: their compilation, where arrays lie, and machines without a GPU. */
class CudaEngineTest {
  @TempDir private Path folder;

  @Test
  void pointersAreThoseOfTheArrays() {
    DevicePointers pointers = DevicePointers.open();
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.zeros(new Shape(3, 4, 5));
      long address = Pointer.nativeValue(Native.getDirectBufferPointer(array.toByteBuffer(true)));
      assertThat(pointers.address(array)).isEqualTo(address);
      assertThat(pointers.address(array.get("1:"))).isEqualTo(address + 20 * Float.BYTES);
      assertThat(pointers.address(manager.zeros(new Shape(0, 4)))).isZero();
      assertThat(pointers.isContiguous(array)).isTrue();
      assertThat(pointers.contiguous(array, manager)).isSameAs(array);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"transposed", "columns", "one column", "every second"})
  void whatLiesScatteredIsCopied(String how) {
    DevicePointers pointers = DevicePointers.open();
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray array = manager.arange(60f).reshape(3, 4, 5);
      NDArray view =
          switch (how) {
            case "transposed" -> array.transpose(0, 2, 1);
            case "columns" -> array.get(":, :, 1:3");
            case "one column" -> array.get(":, :, 1:2");
            default -> array.get(":, 0:4:2");
          };
      assertThat(pointers.isContiguous(view)).isFalse();
      NDArray copy = pointers.contiguous(view, manager);
      assertThat(pointers.isContiguous(copy)).isTrue();
      assertThat(copy).isEqualTo(view);
    }
  }

  @Test
  void kernelsAreCompiledOnceAndKept() throws Exception {
    EmulatedCuda cuda = new EmulatedCuda(folder);
    cuda.device(1).prepare(ElementType.FLOAT32);
    assertThat(cuda.compilations()).isEqualTo(1);
    cuda.device(1).prepare(ElementType.FLOAT32);
    assertThat(cuda.compilations()).as("taken from the disk").isEqualTo(1);
    cuda.device(1).prepare(ElementType.FLOAT16);
    assertThat(cuda.compilations()).isEqualTo(2);
    try (Stream<Path> files = Files.list(cuda.cache())) {
      List<Path> kept = files.toList();
      assertThat(kept).hasSize(2).allMatch(file -> file.getFileName().toString().length() == 64);
      for (Path file : kept) {
        Files.writeString(file, "damaged\0");
      }
    }
    cuda.device(1).prepare(ElementType.FLOAT32);
    assertThat(cuda.compilations()).as("a damaged file is made anew").isEqualTo(3);
    cuda.device(1).prepare(ElementType.FLOAT32);
    assertThat(cuda.compilations()).isEqualTo(3);
  }

  @Test
  void withoutAFolderKernelsAreCompiledAllTheSame() throws Exception {
    EmulatedCuda cuda = new EmulatedCuda(folder);
    Files.writeString(cuda.cache(), "a file where the folder should be");
    cuda.device(1).prepare(ElementType.FLOAT32);
    assertThat(cuda.compilations()).isEqualTo(1);
  }

  @Test
  void whatTheCompilerSaysIsInTheError() throws Exception {
    EmulatedCuda cuda = new EmulatedCuda(folder);
    Nvrtc compiler = new Nvrtc(cuda.library());
    assertThatThrownBy(() -> compiler.compile("int f() { return nothing; }", 90, "-DELEMENT=0"))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("do not compile", "nothing", "not declared");
    assertThatThrownBy(() -> compiler.compile("", 61, "-DELEMENT=0"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("compute capability 6.1");
  }

  @Test
  void anErrorOfTheDriverIsNamed() throws Exception {
    EmulatedCuda cuda = new EmulatedCuda(folder);
    CudaDevice device = cuda.device(1);
    assertThatThrownBy(() -> device.launch("abacus", ElementType.FLOAT32, new Grid(1, 1, 1, 32), 0))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("abacus", "this processor, sm_90", "CUDA_ERROR_500");
    assertThatThrownBy(() -> device.launch("merge", ElementType.FLOAT32, new Grid(1, 0, 1, 32), 0))
        .isInstanceOf(EngineException.class)
        .hasMessageContainingAll("merge", "cuLaunchKernel", "CUDA_ERROR_1");
  }

  @Test
  void pathsStayOnTheDevice() {
    DevicePaths paths = new DevicePaths(Device.cpu());
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray kept = paths.get(ScanPath.raster(5).reversed(), manager);
      assertThat(kept.toIntArray()).containsExactly(4, 3, 2, 1, 0);
      assertThat(paths.get(ScanPath.raster(5).reversed(), manager)).isSameAs(kept);
      for (int tokens = 1; tokens <= 1100; tokens++) {
        assertThat(paths.get(ScanPath.raster(tokens), manager).getShape().get(0)).isEqualTo(tokens);
      }
      NDArray first = paths.get(ScanPath.raster(1100), manager);
      assertThat(paths.get(ScanPath.raster(1100), manager)).isNotSameAs(first);
      assertThat(first.getManager()).isSameAs(manager);
      assertThat(paths.get(ScanPath.raster(5).reversed(), manager)).isSameAs(kept);
    }
  }

  @Test
  void stepsAreCutOnlyWhereThereAreFewRows() {
    assertThat(Chunks.of(3136, 64 * 192, 16_384)).isEqualTo(new Chunks(196, 196, 1));
    assertThat(Chunks.of(3136, 192, 16_384)).isEqualTo(new Chunks(196, 3, 66));
    assertThat(Chunks.of(49, 1536, 270_336)).isEqualTo(new Chunks(4, 1, 4));
    assertThat(Chunks.of(1, 1, 270_336)).isEqualTo(new Chunks(1, 1, 1));
    assertThat(Chunks.of(2_000_000, 1, 270_336).count()).isLessThanOrEqualTo(Grid.MOST);
  }

  @Test
  void aMachineWithoutCudaHasNoDevice() {
    assumeFalse(new CudaEngine().isAvailable(), "this machine may have one");
    CudaDevices devices = new CudaDevices();
    assertThat(devices.get(Device.gpu(0), ElementType.FLOAT32)).isEmpty();
    assertThat(devices.get(Device.gpu(0), ElementType.FLOAT32)).as("asked again").isEmpty();
    assertThat(devices.get(Device.cpu(), ElementType.FLOAT32)).isEmpty();
    assertThat(new CudaEngine().supports(Device.gpu(0), DataType.FLOAT32)).isFalse();
    assertThat(new CudaEngine().supports(Device.gpu(0), DataType.FLOAT64)).isFalse();
  }

  /** CUDA's own compiler, for every architecture from 7.0 to 9.0 that it knows. */
  @ParameterizedTest
  @EnumSource(ElementType.class)
  void theToolkitCompilesTheKernelsWithoutSpills(ElementType type) throws Exception {
    assumeTrue(EmulatedCuda.runs("nvcc", "--version"), "there is no nvcc here");
    Path source = folder.resolve("scan.cu");
    try (InputStream stream = CudaDevice.class.getResourceAsStream("scan.cu")) {
      Files.copy(stream, source);
    }
    List<Integer> architectures =
        EmulatedCuda.run("nvcc", "--list-gpu-arch")
            .lines()
            .map(line -> Integer.parseInt(line.replaceAll("[^0-9]", "")))
            .filter(List.of(70, 75, 80, 86, 89, 90)::contains)
            .toList();
    assertThat(architectures).isNotEmpty();
    // Short types differ from float32 where numbers are read and written: the first will do.
    long count = type == ElementType.FLOAT32 ? architectures.size() : 1;
    for (int architecture : architectures.subList(0, (int) count)) {
      String output =
          EmulatedCuda.run(
              "nvcc",
              "-cubin",
              "-std=c++17",
              "-Xptxas=-v",
              "-diag-suppress=177", // what only other types call
              "-Werror=all-warnings",
              type.option(),
              "-arch=sm_" + architecture,
              "-o",
              folder.resolve("scan.cubin").toString(),
              source.toString());
      List<String> spills = output.lines().filter(line -> line.contains("spill")).toList();
      assertThat(spills)
          .as(output)
          .hasSize(14)
          .allMatch(line -> line.contains("0 bytes spill stores, 0 bytes spill loads"));
    }
  }
}
