package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.entry;
import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.file;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.io.ByteArrayInputStream;
import java.nio.channels.Channels;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random damage to a good file: it is read or refused, and nothing else happens. */
class SafetensorsFuzzTest {
  private static final int ROUNDS = 20_000;
  private static final String JSON_BYTES = "{}[]:,\"\\0123456789-.eEFIU ";

  @Test
  void damagedFilesAreReadOrRefused() {
    byte[] good = goodFile();
    Random random = new Random(20240521);
    int read = 0;
    try (NDManager manager = NDManager.newBaseManager()) {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = damage(good, random);
        try (NDManager scope = manager.newSubManager()) {
          Safetensors.read(
              Channels.newChannel(new ByteArrayInputStream(bytes)), bytes.length, "fuzz", scope);
          read++;
        } catch (CheckpointException e) {
          assertThat(e.getMessage()).startsWith("fuzz: ").doesNotContain("\n");
        } catch (RuntimeException | Error e) {
          throw new AssertionError("round " + round + ": " + Arrays.toString(bytes), e);
        }
      }
    }
    // Damage to values or names is no damage to the format; both outcomes must occur.
    assertThat(read).isBetween(ROUNDS / 50, ROUNDS / 2);
  }

  private static byte[] goodFile() {
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + entry("layer.0.weight", "F32", "[2,3]", 0, 24)
            + ","
            + entry("scale", "BF16", "[4]", 24, 32)
            + ","
            + entry("mask", "BOOL", "[2]", 32, 34)
            + ","
            + entry("empty", "I16", "[0,5]", 34, 34)
            + ","
            + entry("steps", "I64", "[]", 34, 42)
            + "}  ";
    return file(header, new byte[42]);
  }

  private static byte[] damage(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
      int at = random.nextInt(random.nextInt(8) == 0 ? 8 : bytes.length);
      bytes[at] =
          switch (random.nextInt(3)) {
            case 0 -> (byte) random.nextInt(256);
            case 1 -> (byte) (bytes[at] ^ 1 << random.nextInt(8));
            default -> (byte) JSON_BYTES.charAt(random.nextInt(JSON_BYTES.length()));
          };
    }
    if (random.nextInt(10) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 16));
    }
    return bytes;
  }
}
