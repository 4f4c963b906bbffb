package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.visionmamba.backbones.layers.StateDict;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.zoo.checkpoint.Safetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointCommandTest {
  @TempDir private Path folder;

  /** A training checkpoint that PyTorch has written: a state dict under "model" and arguments. */
  private Path pth() throws IOException {
    Path file = folder.resolve("tiny.pth");
    try (InputStream in = CheckpointCommandTest.class.getResourceAsStream("tiny.pt")) {
      Files.copy(in, file);
    }
    return file;
  }

  /** A network's random weights as a file. */
  private Path weights(String model, int classes) throws IOException {
    Path file = folder.resolve(model + ".safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      Classifier network = Classifier.create(model, Map.of("num_classes", classes));
      network.initialize(manager, DataType.FLOAT32, new Shape(1, 1, 28, 28));
      Safetensors.write(file, StateDict.of(network), Map.of());
    }
    return file;
  }

  @Test
  void inspectListsTensorsAndWhatElseThereIs() throws Exception {
    CommandLineRun run = CommandLineRun.of("checkpoint", "inspect", pth().toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .containsPattern("model.weight +F32 +2x3")
        .containsPattern("model.bias +F16 +3")
        .contains("4 tensors (1 of F16, 3 of F32), 17 elements")
        .contains("PyTorch, 1,")
        .contains("The state dict is under \"model\".")
        .contains("args.lr = 0.1")
        .contains("  argparse.Namespace");

    CommandLineRun part =
        CommandLineRun.of("checkpoint", "inspect", "--key", "model", folder + "/tiny.pth");
    assertThat(part.out()).containsPattern("\\n *weight +F32 +2x3");
  }

  @Test
  void inspectPrintsJson() throws Exception {
    CommandLineRun run = CommandLineRun.of("checkpoint", "inspect", "--json", pth().toString());
    assertThat(run.code()).isZero();
    JsonObject json = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(json.get("format").getAsString()).isEqualTo("PyTorch");
    JsonObject first = json.getAsJsonArray("tensors").get(0).getAsJsonObject();
    assertThat(first).hasToString("{\"name\":\"model.weight\",\"type\":\"F32\",\"shape\":[2,3]}");
    assertThat(json.getAsJsonArray("inert").toString()).contains("argparse.Namespace");
  }

  @Test
  void convertWritesTheStateDict() throws Exception {
    Path out = folder.resolve("out.safetensors");
    CommandLineRun run =
        CommandLineRun.of("checkpoint", "convert", pth().toString(), out.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("4 tensors of \"model\"");
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> read = Safetensors.read(out, manager).tensors();
      assertThat(read.keySet()).containsExactly("weight", "bias", "shown", "parameter");
      assertThat(read.get("parameter").toFloatArray()).containsExactly(-2f, -1.63f);
      assertThat(read.get("shown").getShape()).isEqualTo(new Shape(3, 2));
      assertThat(read.get("bias").getDataType()).isEqualTo(DataType.FLOAT16);
    }
    long whole = Files.size(out);
    run =
        CommandLineRun.of("checkpoint", "convert", "--half", folder + "/tiny.pth", out.toString());
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(Files.size(out)).isEqualTo(whole - 14 * 2);
    run =
        CommandLineRun.of(
            "checkpoint", "convert", "--key", "ema", folder + "/tiny.pth", out.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).singleElement().asString().contains("\"model\" (4 tensors)");
  }

  @Test
  void convertRefusesValuesThatHalfPrecisionDoesNotHave() throws Exception {
    Path file = folder.resolve("large.safetensors");
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      tensors.put("fine", manager.create(new float[] {Float.POSITIVE_INFINITY, 65504}));
      tensors.put("large", manager.create(new float[] {1, 70000}));
      Safetensors.write(file, tensors, Map.of());
    }
    Path out = folder.resolve("out.safetensors");
    CommandLineRun run =
        CommandLineRun.of("checkpoint", "convert", "--half", file.toString(), out.toString());
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("tensor \"large\" has values above 65504");
    assertThat(out).doesNotExist();
  }

  @Test
  void verifySaysWhatFits() throws Exception {
    String file = weights("vim_micro", 7).toString();
    CommandLineRun run =
        CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micro", "--classes", "7");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("fits vim_micro: ").doesNotContain("left out");

    run = CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micro");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines())
        .singleElement()
        .asString()
        .contains("2 misshapen (head.weight is (7, ", "only the head does not fit");

    run = CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micro", "--new-head");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("2 left out:", "    head.weight", "2 started anew:");

    run = CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micro", "--backbone");
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("2 left out:").doesNotContain("anew");
  }

  @Test
  void wrongUseIsToldApartFromFailure() throws Exception {
    assertThat(CommandLineRun.of("checkpoint").code()).isEqualTo(2);
    assertThat(CommandLineRun.of("checkpoint", "inspect").code()).isEqualTo(2);
    String file = pth().toString();
    assertThat(CommandLineRun.of("checkpoint", "verify", file).code()).isEqualTo(2);
    CommandLineRun run = CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micr");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("vim_micro");
    run = CommandLineRun.of("checkpoint", "verify", file, "--model", "vim_micro");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("4 unexpected (weight, bias, shown, parameter)");
    run = CommandLineRun.of("checkpoint", "inspect", folder + "/none.pth");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).singleElement().asString().contains("does not exist");
  }
}
