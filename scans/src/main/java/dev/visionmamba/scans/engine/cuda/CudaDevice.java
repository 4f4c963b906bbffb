package dev.visionmamba.scans.engine.cuda;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** A GPU with the kernels on it. Thread-safe. */
final class CudaDevice {
  /** CUdevice_attribute. */
  private static final int MULTIPROCESSORS = 16;

  private static final int THREADS_OF_MULTIPROCESSOR = 39;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;

  private final CudaDriver driver;
  private final Supplier<Nvrtc> compiler;
  private final KernelCache cache;
  private final DevicePointers pointers = DevicePointers.open();
  private final DevicePaths paths;
  private final String name;
  private final int capability;
  private final long threads;
  private final Pointer context;
  private final Map<ElementType, Pointer> modules = new EnumMap<>(ElementType.class);
  private final Map<Kernel, Pointer> kernels = new ConcurrentHashMap<>();

  private record Kernel(String name, ElementType type) {}

  /**
   * Opens a device; nothing is compiled yet.
   *
   * @param device where DJL's arrays lie
   * @param ordinal CUDA's number of the same device
   * @param compiler asked for when something must be compiled
   */
  CudaDevice(
      Device device, int ordinal, CudaDriver driver, Supplier<Nvrtc> compiler, KernelCache cache) {
    this.driver = driver;
    this.compiler = compiler;
    this.cache = cache;
    this.paths = new DevicePaths(device);
    int handle = driver.device(ordinal);
    this.name = driver.name(handle);
    this.capability =
        10 * driver.attribute(handle, CAPABILITY_MAJOR)
            + driver.attribute(handle, CAPABILITY_MINOR);
    this.threads =
        (long) driver.attribute(handle, MULTIPROCESSORS)
            * driver.attribute(handle, THREADS_OF_MULTIPROCESSOR);
    this.context = driver.primaryContext(handle);
  }

  /** The device's name and architecture. */
  @Override
  public String toString() {
    return name + ", sm_" + capability;
  }

  /** How many threads the device can hold. */
  long threads() {
    return threads;
  }

  /** Where arrays lie. */
  DevicePointers pointers() {
    return pointers;
  }

  /** Paths on the device. */
  DevicePaths paths() {
    return paths;
  }

  /**
   * Loads the kernels for a type, compiled now unless they are on disk.
   *
   * @throws EngineException if they cannot be
   */
  void prepare(ElementType type) {
    module(type);
  }

  private Pointer module(ElementType type) {
    synchronized (modules) {
      Pointer module = modules.get(type);
      if (module == null) {
        module = load(type);
        modules.put(type, module);
      }
      return module;
    }
  }

  private Pointer load(ElementType type) {
    String source = source();
    String key = KernelCache.key(source, type.option(), "sm_" + capability);
    Supplier<byte[]> compile = () -> compiler.get().compile(source, capability, type.option());
    driver.push(context);
    try {
      byte[] image = cache.get(key, compile);
      try {
        return driver.module(image);
      } catch (EngineException e) { // damaged, or made for another driver
        cache.remove(key);
        return driver.module(cache.get(key, compile));
      }
    } finally {
      driver.pop();
    }
  }

  private static String source() {
    try (InputStream stream = CudaDevice.class.getResourceAsStream("scan.cu")) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Launches a kernel; it runs when all that was asked of the device before is done.
   *
   * @param arguments the kernel's structure
   * @throws EngineException if CUDA refuses
   */
  void launch(String kernel, ElementType type, Grid grid, long... arguments) {
    Pointer module = module(type);
    driver.push(context);
    try {
      Pointer function =
          kernels.computeIfAbsent(
              new Kernel(kernel, type), key -> driver.kernel(module, key.name()));
      driver.launch(function, grid, arguments);
    } catch (EngineException e) {
      throw new EngineException("kernel " + kernel + " on " + this + ": " + e.getMessage(), e);
    } finally {
      driver.pop();
    }
  }
}
