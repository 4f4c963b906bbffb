package dev.visionmamba.scans.engine.cuda;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.LibUtils;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * NVRTC, the compiler of CUDA C++ that comes with every CUDA build of libtorch, through JNA. No
 * headers are given to it.
 */
final class Nvrtc {
  /** Names the library where it is not found by itself. */
  static final String PROPERTY = "visionmamba.nvrtc";

  private final NativeLibrary library;

  Nvrtc(NativeLibrary library) {
    this.library = library;
  }

  /**
   * The library that the property names, else libtorch's own, the toolkit's or the system's.
   *
   * @throws UnsupportedOperationException if there is none
   */
  static Nvrtc load() {
    Set<String> names = new LinkedHashSet<>();
    String named = System.getProperty(PROPERTY);
    if (named != null) {
      names.add(named);
    } else {
      for (Path folder : folders()) {
        names.addAll(in(folder));
      }
      names.addAll(
          List.of(
              "libnvrtc.so.13",
              "libnvrtc.so.12",
              "libnvrtc.so.11.2",
              "libnvrtc.so",
              "nvrtc64_130_0",
              "nvrtc64_120_0",
              "nvrtc64_112_0"));
    }
    try {
      return new Nvrtc(NativeCalls.load("NVRTC, CUDA's compiler,", names));
    } catch (UnsupportedOperationException e) {
      throw new UnsupportedOperationException(
          e.getMessage() + "; name its library with -D" + PROPERTY, e);
    }
  }

  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    String libtorch = LibUtils.getLibtorchPath();
    if (libtorch != null) {
      folders.add(Path.of(libtorch));
    }
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      String home = System.getenv(variable);
      if (home != null && !home.isBlank()) {
        folders.add(Path.of(home, "lib64"));
        folders.add(Path.of(home, "bin"));
      }
    }
    folders.add(Path.of("/usr/local/cuda/lib64"));
    return folders;
  }

  /** The libraries of a folder that NVRTC may be. */
  private static List<String> in(Path folder) {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files =
          Files.newDirectoryStream(folder, "{libnvrtc[-.]*so*,nvrtc64_*.dll}")) {
        for (Path file : files) {
          String name = file.getFileName().toString();
          if (!name.contains("builtins") && !name.contains(".alt")) {
            names.add(file.toAbsolutePath().toString());
          }
        }
      } catch (IOException e) {
        return names; // the other folders are left
      }
    }
    return names;
  }

  private void call(String function, Object... arguments) {
    int result = library.getFunction(function).invokeInt(arguments);
    if (result != 0) {
      throw new EngineException(function + " failed: " + error(result));
    }
  }

  private String error(int result) {
    return library.getFunction("nvrtcGetErrorString").invokeString(new Object[] {result}, false);
  }

  /**
   * Compiles a source.
   *
   * @param capability the device's compute capability, 90 for 9.0
   * @param option one more option
   * @return a cubin, or where NVRTC is older than the device PTX for the newest that it knows,
   *     which the driver translates; with a zero at its end
   * @throws EngineException with the compiler's messages if it does not compile
   */
  byte[] compile(String source, int capability, String option) {
    int known = 0;
    for (int architecture : architectures()) {
      if (architecture <= capability) {
        known = Math.max(known, architecture);
      }
    }
    if (known == 0) {
      throw new EngineException(
          "this NVRTC does not compile for compute capability " + capability / 10.0);
    }
    boolean exact = known == capability;
    List<String> options =
        List.of("--gpu-architecture=" + (exact ? "sm_" : "compute_") + known, "-std=c++17", option);
    PointerByReference made = new PointerByReference();
    call("nvrtcCreateProgram", made, source, "scan.cu", 0, Pointer.NULL, Pointer.NULL);
    Pointer program = made.getValue();
    try {
      StringArray texts = new StringArray(options.toArray(String[]::new));
      int result =
          library
              .getFunction("nvrtcCompileProgram")
              .invokeInt(new Object[] {program, options.size(), texts});
      if (result != 0) {
        throw new EngineException(
            "the scan's kernels do not compile: " + error(result) + "\n" + log(program));
      }
      return image(program, exact ? "CUBIN" : "PTX");
    } finally {
      call("nvrtcDestroyProgram", made);
    }
  }

  private int[] architectures() {
    IntByReference count = new IntByReference();
    call("nvrtcGetNumSupportedArchs", count);
    try (Memory architectures = new Memory((long) count.getValue() * Integer.BYTES)) {
      call("nvrtcGetSupportedArchs", architectures);
      return architectures.getIntArray(0, count.getValue());
    }
  }

  private String log(Pointer program) {
    return new String(bytes(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")).strip();
  }

  private byte[] image(Pointer program, String kind) {
    byte[] image = bytes(program, "nvrtcGet" + kind + "Size", "nvrtcGet" + kind);
    return Arrays.copyOf(image, image.length + 1);
  }

  private byte[] bytes(Pointer program, String sizeFunction, String function) {
    LongByReference size = new LongByReference(); // a size_t
    call(sizeFunction, program, size);
    try (Memory memory = new Memory(Math.max(1, size.getValue()))) {
      call(function, program, memory);
      return memory.getByteArray(0, (int) size.getValue());
    }
  }
}
