package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.entry;
import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.file;
import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.shorts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files assembled byte by byte, read with the exact values. */
class SafetensorsReadTest {
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

  private Checkpoint read(byte[] bytes) throws Exception {
    return Safetensors.read(Files.write(folder.resolve("a.safetensors"), bytes), manager);
  }

  @Test
  void readsSpecialBfloat16ValuesBitByBit() throws Exception {
    // 1, -2, -0, inf, -inf, NaN, a NaN with payload, smallest subnormal, largest finite
    int[] bits = {0x3F80, 0xC000, 0x8000, 0x7F80, 0xFF80, 0x7FC0, 0xFFA1, 0x0001, 0x7F7F};
    Checkpoint read = read(file("{" + entry("w", "BF16", "[3,3]", 0, 18) + "}", shorts(bits)));
    NDArray w = read.tensors().get("w");
    assertThat(w.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(w.getShape()).isEqualTo(new Shape(3, 3));
    ByteBuffer memory = w.toByteBuffer(true);
    for (int value : bits) {
      assertThat(memory.getInt()).isEqualTo(value << 16);
    }
    assertThat(w.toFloatArray()[7]).isEqualTo(0x1p-133f);
  }

  @Test
  void widensInt16WithItsSign() throws Exception {
    int[] values = {0, 1, -1, Short.MIN_VALUE, Short.MAX_VALUE};
    Checkpoint read = read(file("{" + entry("w", "I16", "[5]", 0, 10) + "}", shorts(values)));
    assertThat(read.tensors().get("w").getDataType()).isEqualTo(DataType.INT32);
    assertThat(read.tensors().get("w").toIntArray()).containsExactly(values);
  }

  @Test
  void readsWidenedTensorsLongerThanOneChunk() throws Exception {
    int count = 300_001;
    ByteBuffer data = ByteBuffer.allocate(2 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      data.putShort((short) i);
    }
    String header = "{" + entry("w", "I16", "[" + count + "]", 0, 2L * count) + "}";
    int[] read = read(file(header, data.array())).tensors().get("w").toIntArray();
    for (int i = 0; i < count; i++) {
      assertThat(read[i]).isEqualTo((short) i);
    }
  }

  @Test
  void readsScalarsEmptyTensorsAndMetadataInTheOrderOfTheBytes() throws Exception {
    String header =
        "{"
            + entry("last", "U8", "[2]", 4, 6)
            + ", \"__metadata__\" : {\"b\":\"2\",\"a\":\"\\u00e9\\n\"},\n"
            + entry("empty", "F64", "[0,7]", 4, 4)
            + ","
            + entry("scalar", "F32", "[]", 0, 4)
            + "}   ";
    Checkpoint read =
        read(file(header, (byte) 0, (byte) 0, (byte) 0x20, (byte) 0x41, (byte) 7, (byte) 255));
    assertThat(read.tensors().keySet()).containsExactly("scalar", "empty", "last");
    assertThat(read.metadata()).containsExactly(entry("b", "2"), entry("a", "é\n"));
    assertThat(read.tensors().get("scalar").getShape()).isEqualTo(new Shape());
    assertThat(read.tensors().get("scalar").getFloat()).isEqualTo(10f);
    assertThat(read.tensors().get("empty").getShape()).isEqualTo(new Shape(0, 7));
    assertThat(read.tensors().get("empty").getDataType()).isEqualTo(DataType.FLOAT64);
    assertThat(read.tensors().get("last").toUint8Array()).containsExactly(7, 255);
    assertThat(read.tensors().get("last").getName()).isEqualTo("last");
  }

  @Test
  void readsFilesWithoutTensors() throws Exception {
    assertThat(read(file("{}")).tensors()).isEmpty();
    assertThat(read(file("{\"__metadata__\":{}}")).metadata()).isEmpty();
  }

  @Test
  void readsEmptyTensorsOfHugeShape() throws Exception {
    long huge = 1L << 40;
    Checkpoint read = read(file("{" + entry("w", "U8", "[0," + huge + "]", 0, 0) + "}"));
    assertThat(read.tensors().get("w").getShape()).isEqualTo(new Shape(0, huge));
  }

  @Test
  void headerTellsWhatReadingWouldGive() throws Exception {
    String header = "{" + entry("w", "BF16", "[2,1]", 0, 4) + "}";
    Path file = Files.write(folder.resolve("h.safetensors"), file(header, shorts(1, 2)));
    SafetensorsHeader read = Safetensors.readHeader(file);
    assertThat(read.dataStart()).isEqualTo(8 + header.length());
    TensorEntry only = new TensorEntry("w", "BF16", new Shape(2, 1), 0, 4);
    assertThat(read.tensors()).containsExactly(only);
    assertThat(only.arrayType()).isEqualTo(DataType.FLOAT32);
    assertThat(only.arrayBytes()).isEqualTo(8);
    assertThat(read).hasToString("SafetensorsHeader[1 tensors, 4 bytes]");
  }

  @Test
  void readsFromAChannelAndFromAJar() throws Exception {
    byte[] bytes = file("{" + entry("w", "I8", "[1]", 0, 1) + "}", (byte) -5);
    Checkpoint streamed =
        Safetensors.read(
            Channels.newChannel(new ByteArrayInputStream(bytes)), bytes.length, "it", manager);
    assertThat(streamed.tensors().get("w").toByteArray()).containsExactly(-5);

    Path jar = folder.resolve("a.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      zip.putNextEntry(new ZipEntry("models/w.safetensors"));
      zip.write(bytes);
    }
    URL inside = URI.create("jar:" + jar.toUri() + "!/models/w.safetensors").toURL();
    Checkpoint packed = Safetensors.read(inside, manager);
    assertThat(packed.tensors().get("w").toByteArray()).containsExactly(-5);
    URL absent = URI.create("jar:" + jar.toUri() + "!/models/x.safetensors").toURL();
    assertThatThrownBy(() -> Safetensors.read(absent, manager))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("x.safetensors");
  }

  @Test
  void arraysBelongToTheGivenManagerAndFailureLeavesNone() throws Exception {
    int before = manager.getManagedArrays().size();
    // The second tensor's BOOL byte is bad, which only reading the data can find.
    String header = "{" + entry("a", "U8", "[1]", 0, 1) + "," + entry("b", "BOOL", "[2]", 1, 3);
    byte[] bytes = file(header + "}", (byte) 1, (byte) 1, (byte) 2);
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tensor \"b\" of BOOL has the value 2 at byte " + (bytes.length - 1));
    assertThat(manager.getManagedArrays()).hasSize(before);

    bytes[bytes.length - 1] = 0;
    Checkpoint read = read(bytes);
    assertThat(manager.getManagedArrays()).hasSize(before + 2);
    assertThat(read.tensors().get("a").getManager()).isSameAs(manager);
    assertThat(read.tensors().get("b").toBooleanArray()).containsExactly(true, false);
  }

  @Test
  void channelThatEndsEarlyIsTruncated() {
    byte[] bytes = file("{" + entry("w", "I16", "[2]", 0, 4) + "}", (byte) 1, (byte) 2);
    int before = manager.getManagedArrays().size();
    assertThatThrownBy(
            () ->
                Safetensors.read(
                    Channels.newChannel(new ByteArrayInputStream(bytes)),
                    bytes.length + 2,
                    "it",
                    manager))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("it: ends at byte " + bytes.length)
        .hasMessageContaining("\"w\"");
    assertThat(manager.getManagedArrays()).hasSize(before);
  }
}
