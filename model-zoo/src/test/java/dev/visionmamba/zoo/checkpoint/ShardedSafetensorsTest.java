package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardedSafetensorsTest {
  @TempDir Path folder;
  private NDManager manager;
  private Path index;

  @BeforeEach
  void write() throws IOException {
    manager = NDManager.newBaseManager();
    Safetensors.write(
        folder.resolve("model-00001-of-00002.safetensors"),
        Map.of("a.weight", manager.create(new float[] {1, 2})),
        Map.of("format", "pt"));
    Safetensors.write(
        folder.resolve("model-00002-of-00002.safetensors"),
        Map.of("b.weight", manager.create(new long[] {3})),
        Map.of("format", "pt"));
    index = folder.resolve("model.safetensors.index.json");
    write(
        "{\"metadata\":{\"total_size\":16},\"weight_map\":{"
            + "\"b.weight\":\"model-00002-of-00002.safetensors\","
            + "\"a.weight\":\"model-00001-of-00002.safetensors\"}}");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private void write(String json) throws IOException {
    Files.writeString(index, json);
  }

  private void assertRefused(String... said) {
    assertThatThrownBy(() -> CheckpointFile.open(index))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(said);
  }

  @Test
  void tensorsOfAllFilesAreOneStateDict() throws Exception {
    try (CheckpointFile file = CheckpointFile.open(index)) {
      assertThat(file.format()).isEqualTo(CheckpointFile.Format.SHARDED_SAFETENSORS);
      assertThat(file.values()).containsEntry("format", "pt");
      Map<String, NDArray> read = file.read(file.stateDict(""), manager);
      assertThat(read.keySet()).containsExactly("b.weight", "a.weight");
      assertThat(read.get("a.weight").toFloatArray()).containsExactly(1, 2);
      assertThat(read.get("b.weight").toLongArray()).containsExactly(3);
    }
  }

  @Test
  void filesElsewhereAreRefused() throws Exception {
    for (String name :
        new String[] {
          "../x.safetensors",
          "/etc/passwd",
          "a/b",
          "..",
          ".",
          "",
          "C:x",
          "a\\\\b",
          "a\\u0000b",
          ".x"
        }) {
      write("{\"weight_map\":{\"a.weight\":\"" + name + "\"}}");
      assertRefused("no plain name of a file beside it");
    }
  }

  @Test
  void filesThatDoNotAgreeAreRefused() throws Exception {
    write("{\"weight_map\":{\"a.weight\":\"model-00003.safetensors\"}}");
    assertRefused("model-00003.safetensors", "does not exist");
    write(
        "{\"weight_map\":{\"a.weight\":\"model-00001-of-00002.safetensors\","
            + "\"c\":\"model-00001-of-00002.safetensors\"}}");
    assertRefused("model-00001-of-00002.safetensors", "lacks the tensor \"c\"");
    write("{\"weight_map\":{\"c\":\"model-00001-of-00002.safetensors\"}}");
    assertRefused("has the tensor \"a.weight\", which", "does not say is there");
  }

  @Test
  void whatIsNoIndexIsRefused() throws Exception {
    write("{\"weight_map\":{\"a\":1}}");
    assertRefused("names no file for tensor \"a\"");
    write("{\"weight_map\":{\"a\":\"x\",\"a\":\"x\"}}");
    assertRefused("twice");
    write("{\"metadata\":{}}");
    assertRefused("without a \"weight_map\"");
    write("{\"weight_map\":{}");
    assertRefused("not valid JSON");
    write("{\"weight_map\":{}} x");
    assertRefused("not valid JSON");
    write("{\"x\":" + "[".repeat(100_000));
    assertRefused("not valid JSON");
  }

  @Test
  void oneFileIsReadInAnyOrder() throws Exception {
    Path file = folder.resolve("one.pth"); // its name does not matter
    Safetensors.write(
        file,
        Map.of("x", manager.ones(new Shape(3)), "y", manager.zeros(new Shape(2))),
        Map.of("k", "v"));
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      assertThat(opened.format()).isEqualTo(CheckpointFile.Format.SAFETENSORS);
      assertThat(opened.values()).containsExactly(Map.entry("k", "v"));
      for (StoredTensor tensor :
          new StoredTensor[] {opened.tensors().get(1), opened.tensors().get(0)}) {
        float value = tensor.name().equals("x") ? 1 : 0;
        NDArray read = opened.read(java.util.List.of(tensor), manager).get(tensor.name());
        assertThat(read.toFloatArray()).containsOnly(value);
      }
      assertThatThrownBy(() -> opened.stateDict("model"))
          .hasMessageContaining("it has 2 tensors without a key");
    }
  }
}
