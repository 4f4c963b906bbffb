package dev.visionmamba.tasks.cli;

import ai.djl.Device;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.zoo.TrainedModel;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say where and how finely a network computes in prediction. */
final class ComputeOptions {
  @Mixin private DeviceOption device;

  @Option(
      names = "--precision",
      paramLabel = "float32|float16",
      defaultValue = "float32",
      converter = Converter.class,
      description =
          "How finely it computes; float16 is for GPUs, and slower on a CPU (default:"
              + " ${DEFAULT-VALUE}).")
  private Precision precision;

  private static final class Converter implements ITypeConverter<Precision> {
    @Override
    public Precision convert(String text) {
      try {
        return Precision.of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /**
   * Where.
   *
   * @throws IllegalArgumentException if the device is not there; the message says what to do
   */
  Device device() {
    return device.device();
  }

  /** How finely. */
  Precision precision() {
    return precision;
  }

  /** A model in the precision. */
  <M extends TrainedModel<?>> M rounded(M model) {
    model.setPrecision(precision);
    return model;
  }
}
