package dev.visionmamba.scans.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScanEnginesTest {

  @Test
  void thePreferredEngineComesFirst() {
    assertThat(ScanEngines.available())
        .extracting(ScanEngine::name)
        .filteredOn(name -> !name.equals("cuda")) // where there may be a GPU
        .containsExactly("vector", "plain", "ndarray");
    assertThat(ScanEngines.named("plain").name()).isEqualTo("plain");
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ScanEngines.named("abacus"))
        .withMessage(
            "no scan engine \"abacus\" on this machine; there are: vector, plain, ndarray");
  }

  @Test
  void theChoiceFollowsTypeAndGradients() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray single = manager.zeros(new Shape(1));
      NDArray twice = manager.zeros(new Shape(1), DataType.FLOAT64);
      assertThat(choice(false, single, single)).isEqualTo("vector");
      assertThat(choice(true, single, single)).isEqualTo("ndarray");
      assertThat(choice(false, twice)).isEqualTo("ndarray");
      assertThat(choice(false, single, twice)).isEqualTo("ndarray");
      NDArray whole = manager.zeros(new Shape(1), DataType.INT32);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> choice(false, single, whole))
          .withMessage("no scan engine works on float32 on cpu() with int32 on cpu()");
    }
  }

  private static String choice(boolean differentiable, NDArray... arrays) {
    return ScanEngines.choose(new NDList(arrays), differentiable).name();
  }

  @Test
  void theSystemPropertyForcesAnEngine() throws Exception {
    assertThat(names("--add-modules=jdk.incubator.vector", "-Dvisionmamba.engine=plain"))
        .contains("[plain, vector, ndarray]");
    assertThat(names("--add-modules=jdk.incubator.vector", "-Dvisionmamba.engine=ndarray"))
        .contains("[ndarray, vector, plain]");
    assertThat(names("-Dvisionmamba.engine=abacus"))
        .contains("-Dvisionmamba.engine=abacus names no scan engine");
  }

  @Test
  void withoutTheVectorModuleAWarningNamesTheFlag() throws Exception {
    assertThat(names()).contains("[plain, ndarray]").contains("--add-modules jdk.incubator.vector");
    assertThat(names("--add-modules=jdk.incubator.vector")).doesNotContain("--add-modules jdk");
  }

  /** What a new JVM with some options prints. */
  private static String names(String... options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Names.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  /** Prints the engines. */
  static final class Names {
    private Names() {}

    public static void main(String[] args) {
      System.out.println(ScanEngines.available().stream().map(ScanEngine::name).toList());
    }
  }
}
