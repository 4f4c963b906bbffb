package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that leave as folders, and weights that are here already. */
class WeightsTest {
  private static final String PICTURE = "pictures/ankle-boot.png";

  @TempDir private Path folder;

  @Test
  void anExportedModelIsAModel() {
    Path out = folder.resolve("exported");
    CommandLineRun export = CommandLineRun.of("export", "--half", out.toString());
    assertThat(export.code()).isZero();
    assertThat(out.resolve("serving.properties")).content().contains("VisionMambaBlockFactory");
    CommandLineRun classify =
        CommandLineRun.of("classify", "--model", out.toString(), "--top", "1", PICTURE);
    assertThat(classify.code()).isZero();
    assertThat(classify.out()).contains("Ankle boot");
    CommandLineRun again = CommandLineRun.of("export", out.toString());
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.errLines()).hasSize(1);
    assertThat(again.err()).contains(out.toString(), "empty folder");
  }

  @Test
  void weightsThatAreHereNeedNoDownload() throws Exception {
    Path file = folder.resolve("m1.safetensors");
    ModelDescription description = ModelDescription.of(ModelCatalogue.published("efficientvim_m1"));
    try (ClassifierModel model = ClassifierModel.create(description, Device.cpu())) {
      model.save(file, description, DataType.FLOAT32);
    }
    CommandLineRun run =
        CommandLineRun.of(
            "classify", "--model", "efficientvim_m1", "--weights", file.toString(), PICTURE);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out().lines()).hasSize(6);
    CommandLineRun other =
        CommandLineRun.of("classify", "--model", "vim_tiny", "--weights", file.toString(), PICTURE);
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("m1.safetensors", "do not fit");
    Path junk = Files.writeString(folder.resolve("junk.pth"), "no weights");
    CommandLineRun none =
        CommandLineRun.of("classify", "--model", "vim_tiny", "--weights", junk.toString(), PICTURE);
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.errLines()).hasSize(1);
    assertThat(none.err()).contains("junk.pth");
  }
}
