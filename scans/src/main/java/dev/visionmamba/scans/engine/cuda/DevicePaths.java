package dev.visionmamba.scans.engine.cuda;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.visionmamba.scans.ScanPath;
import java.util.HashMap;
import java.util.Map;

/**
 * Paths on a device, int32. They stay there: a network asks for the same ones again and again. When
 * there are too many, further ones are given for one call only.
 */
final class DevicePaths {
  private static final int MOST = 1024;

  private final Device device;
  private final Map<ScanPath, NDArray> paths = new HashMap<>();
  private NDManager manager;

  DevicePaths(Device device) {
    this.device = device;
  }

  /**
   * The tokens of a path, (steps).
   *
   * @param call of a path that is not kept
   */
  synchronized NDArray get(ScanPath path, NDManager call) {
    NDArray kept = paths.get(path);
    if (kept != null) {
      return kept;
    }
    if (paths.size() == MOST) {
      return create(call, path);
    }
    if (manager == null) {
      manager = NDManager.newBaseManager(device, "PyTorch");
    }
    NDArray made = create(manager, path);
    paths.put(path, made);
    return made;
  }

  private NDArray create(NDManager owner, ScanPath path) {
    // The first may lie in Java's memory.
    try (NDArray made = owner.create(path.order());
        NDArray there = made.toDevice(device, false)) {
      NDArray copy = there.duplicate();
      copy.attach(owner);
      return copy;
    }
  }
}
