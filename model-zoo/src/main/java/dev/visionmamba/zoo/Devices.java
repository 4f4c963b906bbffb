package dev.visionmamba.zoo;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.StandardCapabilities;

/** The devices that networks compute on, by name. */
public final class Devices {
  private Devices() {}

  /**
   * The device of a name, whether it is there or not.
   *
   * @param name cpu, gpu0, gpu1 and so on; gpu is gpu0
   * @return the device
   * @throws IllegalArgumentException if it is no such name
   */
  public static Device of(String name) {
    if (!name.matches("cpu|gpu\\d{0,3}")) {
      throw new IllegalArgumentException(
          "a device must be cpu, gpu or gpu0, gpu1 and so on, but is \"" + name + "\"");
    }
    // Not by DJL, which would start an engine to read a name.
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    String number = name.substring("gpu".length());
    return Device.gpu(number.isEmpty() ? 0 : Integer.parseInt(number));
  }

  /**
   * Refuses a device that is not there.
   *
   * @param device which
   * @return the device
   * @throws IllegalArgumentException if it is a GPU that libtorch cannot use here; the message says
   *     what to do
   */
  public static Device require(Device device) {
    if (!device.isGpu()) {
      return device;
    }
    Engine engine = Engine.getEngine("PyTorch");
    int count = engine.hasCapability(StandardCapabilities.CUDA) ? engine.getGpuCount() : 0;
    if (device.getDeviceId() >= count) {
      throw new IllegalArgumentException(
          "gpu"
              + device.getDeviceId()
              + " is not there: libtorch sees "
              + (count == 0 ? "0 GPUs" : count == 1 ? "gpu0 alone" : "gpu0 to gpu" + (count - 1))
              + "; GPUs take an NVIDIA driver and the CUDA build of libtorch 2.7.1, in a folder that"
              + " PYTORCH_LIBRARY_PATH names, with PYTORCH_FLAVOR=cu128; or use --device cpu"
              + " (Device.cpu())");
    }
    return device;
  }
}
