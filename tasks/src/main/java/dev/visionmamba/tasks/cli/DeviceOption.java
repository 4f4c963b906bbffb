package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.zoo.Devices;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The option that says where a network computes. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "cpu|gpuN",
      defaultValue = "cpu",
      converter = Converter.class,
      description =
          "Where the network computes: cpu, or gpu0, gpu1 and so on (default: ${DEFAULT-VALUE}).")
  private Device device;

  private static final class Converter implements ITypeConverter<Device> {
    @Override
    public Device convert(String text) {
      try {
        return Devices.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /**
   * The device.
   *
   * @throws IllegalArgumentException if it is not there; the message says what to do
   */
  Device device() {
    return Devices.require(device);
  }
}
