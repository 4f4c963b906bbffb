package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that PyTorch has written, compared element by element with what PyTorch reads in them. */
class PyTorchReadTest {
  private static final Map<String, StoredType> TYPES =
      Map.of(
          "float64", StoredType.F64,
          "float32", StoredType.F32,
          "float16", StoredType.F16,
          "bfloat16", StoredType.BF16,
          "int64", StoredType.I64,
          "int32", StoredType.I32,
          "int16", StoredType.I16,
          "int8", StoredType.I8,
          "uint8", StoredType.U8,
          "bool", StoredType.BOOL);

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** A file of the test resources. */
  static byte[] resource(String name) {
    try (InputStream stream = PyTorchReadTest.class.getResourceAsStream(name)) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CheckpointFile open(String name) throws CheckpointException {
    return CheckpointFile.open(name, new MemoryChannel(resource("torch/" + name)));
  }

  private static CheckpointFile open(byte[] bytes) throws CheckpointException {
    return CheckpointFile.open("it", new MemoryChannel(bytes));
  }

  /** What PyTorch reads: a line a tensor, with its name, type, shape and elements' bits. */
  private void assertReadsAs(String description, CheckpointFile file, List<StoredTensor> stored)
      throws CheckpointException {
    Map<String, StoredTensor> byName = new LinkedHashMap<>();
    stored.forEach(tensor -> byName.put(tensor.name(), tensor));
    Map<String, NDArray> arrays = file.read(stored, manager);
    List<String> names = new ArrayList<>();
    String text = new String(resource("torch/" + description), StandardCharsets.UTF_8);
    for (String line : text.split("\n")) {
      String[] fields = line.split(" ");
      names.add(fields[0]);
      StoredType type = TYPES.get(fields[1]);
      Shape shape =
          fields[2].equals("-")
              ? new Shape()
              : new Shape(Arrays.stream(fields[2].split("x")).mapToLong(Long::parseLong).toArray());
      NDArray array = arrays.get(fields[0]);
      assertThat(array.getShape()).as(fields[0]).isEqualTo(shape);
      assertThat(array.getDataType()).as(fields[0]).isEqualTo(type.arrayType());
      assertThat(byName.get(fields[0]).dtype()).isEqualTo(type.name());
      assertThat(byName.get(fields[0]).arrayType()).contains(type.arrayType());
      String[] bits = fields[3].equals("-") ? new String[0] : fields[3].split(",");
      assertThat(bits(array)).as(fields[0]).containsExactly(widened(type, bits));
    }
    assertThat(arrays.keySet()).containsExactlyElementsOf(names);
  }

  private static long[] bits(NDArray array) {
    long[] bits = new long[(int) array.getShape().size()];
    ByteBuffer memory = array.toByteBuffer();
    for (int i = 0; i < bits.length; i++) {
      bits[i] =
          switch (array.getDataType().getNumOfBytes()) {
            case 8 -> memory.getLong();
            case 4 -> memory.getInt() & 0xFFFFFFFFL;
            case 2 -> memory.getShort() & 0xFFFFL;
            default -> memory.get() & 0xFFL;
          };
    }
    return bits;
  }

  private static long[] widened(StoredType type, String[] hexadecimal) {
    long[] bits = new long[hexadecimal.length];
    for (int i = 0; i < bits.length; i++) {
      long stored = Long.parseUnsignedLong(hexadecimal[i], 16);
      bits[i] =
          switch (type) {
            case BF16 -> stored << 16;
            case I16 -> (short) stored & 0xFFFFFFFFL;
            default -> stored;
          };
    }
    return bits;
  }

  @ParameterizedTest
  @CsvSource({"2", "3", "4", "5"})
  void everyTypeAndViewIsReadAsPyTorchDoes(int protocol) throws Exception {
    try (CheckpointFile zip = open("kinds_protocol" + protocol + ".pt");
        CheckpointFile legacy = open("kinds_protocol" + protocol + "_legacy.pt")) {
      assertThat(zip.format()).isEqualTo(CheckpointFile.Format.PYTORCH);
      assertThat(legacy.format()).isEqualTo(CheckpointFile.Format.LEGACY_PYTORCH);
      assertReadsAs("kinds.txt", zip, zip.tensors());
      assertReadsAs("kinds.txt", legacy, legacy.tensors());
      assertThat(zip.inertNames()).isEmpty();
      assertThat(legacy.inertNames()).isEmpty();
    }
  }

  @Test
  void aPickledModuleCountsAsItsStateDict() throws Exception {
    try (CheckpointFile file = open("module.pt")) {
      assertReadsAs("module.txt", file, file.stateDict(""));
      assertThat(file.inertNames()).contains("__main__.Small");
    }
  }

  @Test
  void theNameOfTheFileDoesNotMatter() throws Exception {
    Path file = Files.write(folder.resolve("a.safetensors"), resource("torch/tiny.pt"));
    try (CheckpointFile opened = CheckpointFile.open(file)) {
      assertThat(opened.format()).isEqualTo(CheckpointFile.Format.PYTORCH);
      assertThat(opened.length()).isEqualTo(Files.size(file));
      assertThat(opened.name()).isEqualTo(file.toString());
    }
  }

  @Test
  void whatIsNoTensorIsListedAndInert() throws Exception {
    try (CheckpointFile file = open("mixed.pt")) {
      assertThat(file.tensors().stream().map(StoredTensor::name))
          .containsExactly(
              "complex",
              "sparse",
              "model.weight",
              "model.bias",
              "model.shown",
              "model.parameter",
              "nested.0",
              "nested.1.deep.0",
              "7");
      assertThat(file.values().get("things"))
          .startsWith(
              "(1, -1, 1180591620717411303424, -1099511627776, 2.5, true, None, t\u00e9xt,"
                  + " 6279746573, (1, 2), (3), (1, 2), cuda:1, torch.float16, ");
      assertThat(file.values()).containsEntry("long", "text of 70000 bytes");
      assertThat(file.inertNames())
          .contains("torch._utils._rebuild_sparse_tensor", "numpy.core.multiarray._reconstruct");

      assertThat(file.read(file.stateDict("model"), manager).keySet())
          .containsExactly("weight", "bias", "shown", "parameter");
      assertThat(file.read(file.stateDict("nested"), manager).keySet())
          .containsExactly("0", "1.deep.0");
      assertThatThrownBy(() -> file.read(file.stateDict(""), manager))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("tensor \"complex\" has the type \"C64\", which is not supported");
      assertThatThrownBy(() -> file.read(file.tensors().subList(1, 2), manager))
          .hasMessageContaining("\"sparse\" has the type \"torch._utils._rebuild_sparse_tensor\"");
    }
  }

  @Test
  void keysThatAreNotThereAreAnsweredWithThoseThatAre() throws Exception {
    try (CheckpointFile file = open("mixed.pt")) {
      assertThat(file.findKey(List.of("state_dict", "model"))).isEqualTo("model");
      assertThat(file.findKey(List.of("state_dict"))).isEmpty();
      assertThat(file.hasStateDict("nested.1")).isTrue();
      assertThatThrownBy(() -> file.stateDict("model_ema"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("no tensors under the key \"model_ema\"")
          .hasMessageContaining("\"model\" (4 tensors), \"nested\" (2 tensors), 3 tensors without");
    }
  }

  @Test
  void argumentsArePrinted() throws Exception {
    for (String name : new String[] {"tiny.pt", "tiny_legacy.pt"}) {
      try (CheckpointFile file = open(name)) {
        assertThat(file.values())
            .containsEntry("args.lr", "0.1")
            .containsEntry("args.scale", "2.0");
        assertThat(file.inertNames()).contains("argparse.Namespace");
      }
    }
  }

  @Test
  void arraysDoNotShareMemoryThoughTheFilesTensorsDo() throws Exception {
    try (CheckpointFile file = open("tiny.pt")) {
      Map<String, NDArray> read = file.read(file.stateDict("model"), manager);
      float[] before = read.get("shown").toFloatArray();
      read.get("weight").muli(0);
      assertThat(read.get("shown").toFloatArray()).isEqualTo(before).isNotEqualTo(new float[6]);
    }
  }

  @Test
  void arraysOutliveTheFileAndFailureLeavesNone() throws Exception {
    int before = manager.getManagedArrays().size();
    byte[] pickle =
        new PickleBytes()
            .op('}')
            .op('(')
            .text("good")
            .tensor("ByteStorage", "0", 2, 0, new long[] {2}, new long[] {1})
            .text("bad")
            .tensor("BoolStorage", "0", 2, 0, new long[] {2}, new long[] {1})
            .op('u')
            .end();
    try (CheckpointFile file = open(ZipBytes.of(pickle, (byte) 1, (byte) 2))) {
      assertThatThrownBy(() -> file.read(file.tensors(), manager))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("\"bad\" of BOOL has the value 2");
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
    NDArray array;
    try (CheckpointFile file = open(ZipBytes.of(pickle, (byte) 1, (byte) 0))) {
      array = file.read(file.tensors(), manager).get("good");
    }
    assertThat(array.toUint8Array()).containsExactly(1, 0);
    assertThat(array.getManager()).isSameAs(manager);
  }

  @Test
  void zip64IsRead() throws Exception {
    byte[] pickle =
        new PickleBytes()
            .tensor("ShortStorage", "0", 3, 1, new long[] {2}, new long[] {1})
            .op('q', 0)
            .op('0')
            .op('}')
            .text("w")
            .op('h', 0)
            .op('s')
            .end();
    byte[] data = SafetensorsBytes.shorts(1, -2, 3);
    ZipBytes zip = new ZipBytes().add("a/data.pkl", pickle).add("a/data/0", data);
    try (CheckpointFile file = open(zip.end(true))) {
      assertThat(file.read(file.tensors(), manager).get("w").toIntArray()).containsExactly(-2, 3);
    }
  }

  @Test
  void untypedStoragesAreReadByTheTensorsType() throws Exception {
    PickleBytes pickle = new PickleBytes().op('}').text("w");
    pickle.global("torch._utils", "_rebuild_tensor_v3").op('(');
    pickle.op('(').text("storage").global("torch.storage", "UntypedStorage").text("0").text("cpu");
    pickle.number(6).op('t').op('Q').number(1).tuple(2).tuple(1).op(0x89).op('N');
    byte[] bytes = pickle.global("torch", "int16").op('t').op('R').op('s').end();
    try (CheckpointFile file = open(ZipBytes.of(bytes, SafetensorsBytes.shorts(1, -2, 3)))) {
      assertThat(file.read(file.tensors(), manager).get("w").toIntArray()).containsExactly(-2, 3);
    }
  }

  @Test
  void emptyTensorsMayShowAnything() throws Exception {
    byte[] pickle =
        new PickleBytes()
            .op('}')
            .text("w")
            .tensor("FloatStorage", "0", 0, 0, new long[] {0, 1L << 40}, new long[] {1L << 40, 1})
            .op('s')
            .end();
    try (CheckpointFile file = open(ZipBytes.of(pickle))) {
      NDArray empty = file.read(file.tensors(), manager).get("w");
      assertThat(empty.getShape()).isEqualTo(new Shape(0, 1L << 40));
      assertThat(empty.getDataType()).isEqualTo(DataType.FLOAT32);
    }
  }

  /** A file as PyTorch wrote before 1.6, whose tensor shows a part of a storage. */
  private static byte[] legacy(long version, boolean littleEndian, long first, long part) {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    PickleBytes magic = new PickleBytes().op(0x8a, 10);
    for (String digits : "6c fc 9c 46 f9 20 6a a8 50 19".split(" ")) {
      magic.op(Integer.parseInt(digits, 16));
    }
    file.writeBytes(magic.end());
    file.writeBytes(new PickleBytes().number(version).end());
    PickleBytes system = new PickleBytes().op('}').text("little_endian");
    file.writeBytes(system.op(littleEndian ? 0x88 : 0x89).op('s').end());
    PickleBytes root = new PickleBytes().op('}').text("w");
    root.global("torch._utils", "_rebuild_tensor").op('(');
    root.op('(').text("storage").global("torch.cuda", "ShortStorage").text("k").text("cuda:0");
    root.number(4).op('(').text("k2").number(first).number(part).op('t').op('t').op('Q');
    root.number(1).tuple(2).tuple(1).op('t').op('R').op('s');
    file.writeBytes(root.end());
    file.writeBytes(new PickleBytes().op(']').text("k").op('a').end());
    file.writeBytes(new byte[] {4, 0, 0, 0, 0, 0, 0, 0});
    file.writeBytes(SafetensorsBytes.shorts(10, 11, 12, 13));
    return file.toByteArray();
  }

  @Test
  void partsOfOldStoragesAreRead() throws Exception {
    try (CheckpointFile file = open(legacy(1001, true, 1, 3))) {
      assertThat(file.read(file.tensors(), manager).get("w").toIntArray()).containsExactly(12, 13);
    }
    assertThatThrownBy(() -> open(legacy(1001, true, 1, 2)))
        .hasMessageContaining("not within its storage of 2 elements");
    assertThatThrownBy(() -> open(legacy(1001, true, 2, 3)))
        .hasMessageContaining("part of a storage that is not within it");
    assertThatThrownBy(() -> open(legacy(1001, false, 1, 3)))
        .hasMessageContaining("not little-endian");
    assertThatThrownBy(() -> open(legacy(1000, true, 1, 3)))
        .hasMessageContaining("another version of the old format");
  }
}
