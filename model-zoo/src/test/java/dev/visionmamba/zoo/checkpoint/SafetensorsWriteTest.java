package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriteTest {
  private static final DataType[] TYPES = {
    DataType.FLOAT64, DataType.FLOAT32, DataType.FLOAT16, DataType.INT64,
    DataType.INT32, DataType.INT8, DataType.UINT8, DataType.BOOLEAN
  };

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

  private Path target() {
    return folder.resolve("w.safetensors");
  }

  @Test
  void everyTypeAndShapeComesBackBitByBit() throws Exception {
    Shape[] shapes = {
      new Shape(),
      new Shape(1),
      new Shape(7),
      new Shape(0),
      new Shape(3, 0, 2),
      new Shape(2, 3, 5),
      new Shape(1, 1, 2, 1, 3, 1, 1, 2)
    };
    Random random = new Random(1);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (DataType type : TYPES) {
      for (Shape shape : shapes) {
        NDArray array = manager.create(shape, type);
        if (shape.size() > 0) {
          ByteBuffer memory = array.toByteBuffer(true);
          byte[] bytes = new byte[memory.remaining()];
          random.nextBytes(bytes);
          for (int i = 0; type == DataType.BOOLEAN && i < bytes.length; i++) {
            bytes[i] &= 1;
          }
          memory.put(bytes);
        }
        tensors.put(type + " π \"" + shape, array);
      }
    }
    Map<String, String> metadata = Map.of("format", "pt", "note", "line\n\u2028\"é\"");
    Safetensors.write(target(), tensors, metadata);

    Checkpoint read = Safetensors.read(target(), manager);
    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(read.tensors().keySet()).containsExactlyElementsOf(tensors.keySet());
    tensors.forEach(
        (name, array) -> {
          NDArray copy = read.tensors().get(name);
          assertThat(copy.getShape()).as(name).isEqualTo(array.getShape());
          assertThat(copy.getDataType()).as(name).isEqualTo(array.getDataType());
          if (!array.isEmpty()) {
            assertThat(copy.toByteBuffer()).as(name).isEqualTo(array.toByteBuffer());
          }
        });
  }

  @Test
  void stridedArraysAreWrittenRowByRow() throws Exception {
    NDArray base = manager.arange(24f).reshape(2, 3, 4);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("transposed", base.transpose(2, 0, 1));
    tensors.put("slice", base.get(":, 1:, 1:3"));
    tensors.put("broadcast", manager.create(new float[] {1, 2}).reshape(2, 1).broadcast(2, 3));
    int before = manager.getManagedArrays().size();
    Safetensors.write(target(), tensors, Map.of());
    assertThat(manager.getManagedArrays()).hasSize(before);

    Checkpoint read = Safetensors.read(target(), manager);
    tensors.forEach(
        (name, array) -> {
          assertThat(read.tensors().get(name).getShape()).isEqualTo(array.getShape());
          assertThat(read.tensors().get(name).toFloatArray())
              .as(name)
              .containsExactly(array.toFloatArray());
        });
    assertThat(read.tensors().get("transposed").toFloatArray()).startsWith(0, 4, 8, 12, 16, 20, 1);
  }

  @Test
  void theBytesAreTheFormatAndAlwaysTheSame() throws Exception {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("b", manager.create(new byte[] {1, -1}));
    tensors.put("a", manager.create(2f));
    Safetensors.write(target(), tensors, Map.of("z", "1", "y", "2"));
    byte[] bytes = Files.readAllBytes(target());
    String header =
        "{\"__metadata__\":{\"y\":\"2\",\"z\":\"1\"},"
            + "\"b\":{\"dtype\":\"I8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[2,6]}}";
    int padded = (header.length() + 7) / 8 * 8;
    ByteBuffer expected = ByteBuffer.allocate(8 + padded + 6).order(ByteOrder.LITTLE_ENDIAN);
    expected.putLong(padded).put(header.getBytes(StandardCharsets.US_ASCII));
    expected.put(" ".repeat(padded - header.length()).getBytes(StandardCharsets.US_ASCII));
    expected.put((byte) 1).put((byte) -1).putFloat(2f);
    assertThat(bytes).containsExactly(expected.array());
  }

  @Test
  void parametersThatRequireAGradientAreWritten() throws Exception {
    NDArray weight = manager.create(new float[] {1, 2, 3});
    weight.setRequiresGradient(true);
    Safetensors.write(target(), Map.of("w", weight), Map.of());
    assertThat(Safetensors.read(target(), manager).tensors().get("w").toFloatArray())
        .containsExactly(1, 2, 3);
  }

  @Test
  void whatTheFormatCannotHoldIsRefused() {
    NDArray one = manager.create(1f);
    assertRefused(Map.of("__metadata__", one), Map.of(), "reserves");
    assertRefused(Map.of("\ud800", one), Map.of(), "Unicode");
    assertRefused(Map.of("w", one), Map.of("k", "\udc00"), "Unicode");
    NDArray nine = manager.create(new Shape(1, 1, 1, 1, 1, 1, 1, 1, 1));
    assertRefused(Map.of("w", nine), Map.of(), "tensor \"w\" has more than 8 dimensions");
    NDArray huge = manager.create(new float[1]).broadcast(1L << 30);
    assertRefused(Map.of("w", huge), Map.of(), "4294967296 bytes");
    assertThat(target()).doesNotExist();
  }

  private void assertRefused(
      Map<String, NDArray> tensors, Map<String, String> metadata, String message) {
    assertThatThrownBy(() -> Safetensors.write(target(), tensors, metadata))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aClosedArrayLeavesTheOldFile() throws Exception {
    Safetensors.write(target(), Map.of("w", manager.create(1f)), Map.of());
    byte[] old = Files.readAllBytes(target());
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("a", manager.create(2f));
    tensors.put("b", manager.create(3f));
    tensors.get("b").close();
    assertThatThrownBy(() -> Safetensors.write(target(), tensors, Map.of()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Files.readAllBytes(target())).isEqualTo(old);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(target());
    }
  }

  @Test
  void aMissingFolderIsNamed() {
    Path lost = folder.resolve("no/such/w.safetensors");
    assertThatThrownBy(() -> Safetensors.write(lost, Map.of(), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("create it first");
  }
}
