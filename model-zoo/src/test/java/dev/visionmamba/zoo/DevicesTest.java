package dev.visionmamba.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevicesTest {
  @Test
  void devicesHaveNames() {
    assertThat(Devices.of("cpu")).isEqualTo(Device.cpu());
    assertThat(Devices.of("gpu")).isEqualTo(Device.gpu(0));
    assertThat(Devices.of("gpu0")).isEqualTo(Device.gpu(0));
    assertThat(Devices.of("gpu12")).isEqualTo(Device.gpu(12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "tpu", "GPU", "gpu-1", "gpu1000", "cuda:0", "cpu0", "0", "gpu 1"})
  void othersAreRefused(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Devices.of(name))
        .withMessage("a device must be cpu, gpu or gpu0, gpu1 and so on, but is \"%s\"", name);
  }

  @Test
  void theCpuIsThere() {
    assertThat(Devices.require(Device.cpu())).isEqualTo(Device.cpu());
  }

  @Test
  void aGpuThatIsNotThereIsRefusedBeforeAModelIsRead() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ModelCatalogue.load(ModelCatalogue.DEFAULT, Device.gpu(998)))
        .withMessageStartingWith("gpu998 is not there: libtorch sees ")
        .withMessageContaining("PYTORCH_LIBRARY_PATH")
        .withMessageContaining("PYTORCH_FLAVOR=cu128")
        .withMessageContaining("use --device cpu (Device.cpu())");
  }
}
