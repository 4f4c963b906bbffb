package dev.visionmamba.scans.engine.cuda;

import ai.djl.engine.EngineException;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.Locale;

/**
 * The calls of CUDA's driver API that an engine needs (NVIDIA, CUDA Driver API reference), through
 * JNA. A call that fails throws an {@link EngineException} with CUDA's name for the error.
 */
final class CudaDriver {
  private final NativeLibrary library;

  /** The driver in a library that has been loaded; it is initialized here. */
  CudaDriver(NativeLibrary library) {
    this.library = library;
    call("cuInit", 0);
  }

  /**
   * The driver of this machine.
   *
   * @throws UnsupportedOperationException if there is none
   */
  static CudaDriver load() {
    boolean windows = System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    return new CudaDriver(
        NativeCalls.load(
            "CUDA's driver", windows ? List.of("nvcuda") : List.of("libcuda.so.1", "cuda")));
  }

  /** Calls a function that returns a CUresult. */
  private void call(String function, Object... arguments) {
    int result = library.getFunction(function).invokeInt(arguments);
    if (result != 0) {
      PointerByReference name = new PointerByReference();
      boolean known =
          library.getFunction("cuGetErrorName").invokeInt(new Object[] {result, name}) == 0;
      throw new EngineException(
          function
              + " failed: "
              + (known ? name.getValue().getString(0) : "error of CUDA")
              + " ("
              + result
              + ")");
    }
  }

  /** The device of an ordinal, which CUDA, libtorch and DJL count alike. */
  int device(int ordinal) {
    IntByReference device = new IntByReference();
    call("cuDeviceGet", device, ordinal);
    return device.getValue();
  }

  /** A device's name. */
  String name(int device) {
    try (Memory name = new Memory(256)) {
      call("cuDeviceGetName", name, 256, device);
      return name.getString(0);
    }
  }

  /**
   * A property of a device.
   *
   * @param attribute a CUdevice_attribute
   */
  int attribute(int device, int attribute) {
    IntByReference value = new IntByReference();
    call("cuDeviceGetAttribute", value, attribute, device);
    return value.getValue();
  }

  /** A device's primary context: the one that libtorch works in. It is kept for good. */
  Pointer primaryContext(int device) {
    PointerByReference context = new PointerByReference();
    call("cuDevicePrimaryCtxRetain", context, device);
    return context.getValue();
  }

  /** Makes a context this thread's until {@link #pop}. */
  void push(Pointer context) {
    call("cuCtxPushCurrent_v2", context);
  }

  /** Gives this thread the context from before {@link #push}. */
  void pop() {
    call("cuCtxPopCurrent_v2", new PointerByReference());
  }

  /** Loads a module into this thread's context, from a cubin or PTX that ends with a zero. */
  Pointer module(byte[] image) {
    try (Memory memory = new Memory(image.length)) {
      memory.write(0, image, 0, image.length);
      PointerByReference module = new PointerByReference();
      call("cuModuleLoadData", module, memory);
      return module.getValue();
    }
  }

  /** A module's kernel. */
  Pointer kernel(Pointer module, String name) {
    PointerByReference kernel = new PointerByReference();
    call("cuModuleGetFunction", kernel, module, name);
    return kernel.getValue();
  }

  /**
   * Launches a kernel with one structure of arguments, on the default stream of this thread's
   * context. DJL never leaves that stream, so a launch runs after all that libtorch was asked for
   * before and ahead of all that it is asked for later, and memory that is freed after a launch is
   * not used again too early.
   */
  void launch(Pointer kernel, Grid grid, long[] arguments) {
    try (Memory values = new Memory((long) arguments.length * Long.BYTES);
        Memory pointers = new Memory(Native.POINTER_SIZE)) {
      values.write(0, arguments, 0, arguments.length);
      pointers.setPointer(0, values);
      call(
          "cuLaunchKernel",
          kernel,
          grid.x(),
          grid.y(),
          grid.z(),
          grid.threads(),
          1,
          1,
          0,
          Pointer.NULL,
          pointers,
          Pointer.NULL);
    }
  }
}
