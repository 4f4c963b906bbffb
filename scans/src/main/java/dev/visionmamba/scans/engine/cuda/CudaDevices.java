package dev.visionmamba.scans.engine.cuda;

import ai.djl.Device;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machine's GPUs, opened when an array on one is first seen. Thread-safe. */
final class CudaDevices implements CudaEngine.Devices {
  private static final Logger LOGGER = LoggerFactory.getLogger(CudaEngine.class);

  private final Map<Kind, Optional<CudaDevice>> known = new HashMap<>();
  private final Map<Integer, CudaDevice> open = new HashMap<>();
  private CudaDriver driver;
  private Nvrtc compiler;

  private record Kind(int ordinal, ElementType type) {}

  @Override
  public Optional<CudaDevice> get(Device device, ElementType type) {
    if (!device.isGpu()) {
      return Optional.empty();
    }
    synchronized (this) {
      // Not computeIfAbsent: a failure of memory or the like is not to be remembered.
      Kind kind = new Kind(device.getDeviceId(), type);
      Optional<CudaDevice> found = known.get(kind);
      if (found == null) {
        found = prepare(device, type);
        known.put(kind, found);
      }
      return found;
    }
  }

  private Optional<CudaDevice> prepare(Device device, ElementType type) {
    try {
      CudaDevice opened = open.get(device.getDeviceId());
      if (opened == null) {
        opened = open(device);
        open.put(device.getDeviceId(), opened);
      }
      opened.prepare(type);
      LOGGER.info("Scan engine on {} for {}: cuda ({})", device, type, opened);
      return Optional.of(opened);
    } catch (RuntimeException | LinkageError e) {
      LOGGER.warn(
          "Scans of {} on {} run on DJL's own operations, many times slower: {}",
          type,
          device,
          e.getMessage(),
          LOGGER.isDebugEnabled() ? e : null);
      return Optional.empty();
    }
  }

  private CudaDevice open(Device device) {
    if (driver == null) {
      driver = CudaDriver.load();
    }
    return new CudaDevice(
        device, device.getDeviceId(), driver, this::compiler, KernelCache.ofThisUser());
  }

  private Nvrtc compiler() {
    if (compiler == null) {
      compiler = Nvrtc.load();
    }
    return compiler;
  }
}
