package dev.visionmamba.backbones.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
  private static final float[] NUMBERS = {1, 2, 3, 4, 5, 6};

  private final NDManager manager = NDManager.newBaseManager(Device.cpu());

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray written() {
    return HostMemory.write(manager, new Shape(2, 3), memory -> memory.put(NUMBERS));
  }

  @Test
  void whatIsWrittenIsRead() {
    NDArray array = written();
    assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(array.toFloatArray()).containsExactly(NUMBERS);
    assertThat(array.getManager()).isEqualTo(manager);
    assertThat(manager.getManagedArrays()).containsExactly(array);
    float[] read = new float[8];
    HostMemory.read(array, read, 2);
    assertThat(read).containsExactly(0, 0, 1, 2, 3, 4, 5, 6);
    assertThat(manager.getManagedArrays()).containsExactly(array);
  }

  @Test
  void theMemoryIsTheArraysOwn() {
    NDArray array = written();
    HostMemory.of(array).put(4, 50);
    assertThat(array.toFloatArray()).containsExactly(1, 2, 3, 4, 50, 6);
  }

  @Test
  void copiesAreInPlaceAndOfOneShape() {
    for (DataType type : List.of(DataType.FLOAT32, DataType.INT64)) {
      NDArray from = written().toType(type, true);
      NDArray to = manager.zeros(from.getShape(), type);
      HostMemory.copy(from, to);
      assertThat(to.toType(DataType.FLOAT32, false).toFloatArray())
          .isEqualTo(from.toType(DataType.FLOAT32, false).toFloatArray());
    }
    NDArray other = manager.zeros(new Shape(3, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostMemory.copy(written(), other))
        .withMessageContaining("(2, 3)")
        .withMessageContaining("(3, 2)");
  }

  @Test
  void scatteredNumbersAreReadInOrder() {
    float[] read = new float[6];
    HostMemory.read(written().transpose(), read, 0);
    assertThat(read).containsExactly(1, 4, 2, 5, 3, 6);
  }

  @Test
  void aWriterThatFailsLeavesNothing() {
    assertThatThrownBy(
            () ->
                HostMemory.<IOException>write(
                    manager,
                    new Shape(2),
                    memory -> {
                      throw new IOException("gone");
                    }))
        .hasMessage("gone");
    assertThat(manager.getManagedArrays()).isEmpty();
  }

  @Test
  void otherMemoryIsRefused() {
    NDArray half = written().toType(DataType.FLOAT16, true);
    assertThat(HostMemory.holds(half)).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> HostMemory.of(half))
        .withMessage(
            "an array whose memory Java shares must be float32 on cpu(), but is float16 on cpu()");
  }

  /** For a GPU, numbers are written to the host, and then they go there: here there is none. */
  @Test
  void numbersGoToAnotherDeviceAfterTheyAreWritten() {
    List<Integer> room = new ArrayList<>();
    try (NDManager elsewhere = NDManager.newBaseManager(Device.gpu(99))) {
      assertThatThrownBy(
              () ->
                  HostMemory.write(
                      elsewhere,
                      new Shape(2, 3),
                      memory -> {
                        room.add(memory.capacity());
                        memory.put(NUMBERS);
                      }))
          .isInstanceOf(EngineException.class);
      assertThat(elsewhere.getManagedArrays()).isEmpty();
    }
    assertThat(room).containsExactly(6);
  }

  /** DJL's buffer over an array on a GPU is a copy: what is written there would be lost. */
  @Test
  void nothingElseTakesTheMemoryOfArrays() throws Exception {
    List<Path> takers = new ArrayList<>();
    for (String module : List.of("backbones", "heads", "tasks")) {
      Path sources = Path.of("..", module, "src", "main", "java");
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          if (Files.readString(file).contains("toByteBuffer(true)")) {
            takers.add(file.getFileName());
          }
        }
      }
    }
    assertThat(takers).containsExactly(Path.of("HostMemory.java"));
  }
}
