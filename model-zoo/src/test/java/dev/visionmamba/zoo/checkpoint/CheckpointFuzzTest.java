package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Random damage to files of PyTorch: they are read or refused, and nothing else happens. */
class CheckpointFuzzTest {
  private static final int[] OPCODES = {
    '(', ')', '.', '0', '1', '2', 'B', 'C', 'G', 'J', 'K', 'M', 'N', 'Q', 'R', 'T', 'U', 'X', ']',
    'a', 'b', 'c', 'd', 'e', 'h', 'j', 'l', 'q', 'r', 's', 't', 'u', '}', 0x80, 0x81, 0x85, 0x86,
    0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96
  };

  @ParameterizedTest
  @CsvSource({"tiny.pt, 50000", "tiny_legacy.pt, 50000"})
  void damagedFilesAreReadOrRefused(String name, int rounds) {
    byte[] good = PyTorchReadTest.resource("torch/" + name);
    Random random = new Random(20240117);
    int read = 0;
    try (NDManager manager = NDManager.newBaseManager()) {
      for (int round = 0; round < rounds; round++) {
        byte[] bytes = damage(good, random);
        try (NDManager scope = manager.newSubManager();
            CheckpointFile file = CheckpointFile.open("fuzz", new MemoryChannel(bytes))) {
          List<StoredTensor> readable =
              file.tensors().stream().filter(tensor -> tensor.arrayType().isPresent()).toList();
          file.read(readable, scope);
          read++;
        } catch (CheckpointException e) {
          assertThat(e.getMessage()).startsWith("fuzz: ").doesNotContain("\n");
        } catch (RuntimeException | Error e) {
          throw new AssertionError("round " + round + ": " + Arrays.toString(bytes), e);
        }
      }
    }
    // Damage to values, names or padding is no damage to the format; both outcomes must occur.
    assertThat(read).isBetween(rounds / 50, rounds * 9 / 10);
  }

  private static byte[] damage(byte[] good, Random random) {
    byte[] bytes = good.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) OPCODES[random.nextInt(OPCODES.length)];
        case 3 -> bytes[at] = (byte) -1;
        case 4 -> { // a part elsewhere
          int length = random.nextInt(Math.min(16, bytes.length - at));
          System.arraycopy(good, random.nextInt(good.length - length), bytes, at, length);
        }
        default -> { // a part moved by some bytes, the rest in its place
          int length = random.nextInt(bytes.length - at);
          int to = Math.max(0, Math.min(bytes.length - length, at + random.nextInt(9) - 4));
          System.arraycopy(bytes, at, bytes, to, length);
        }
      }
    }
    return random.nextInt(10) == 0
        ? Arrays.copyOf(bytes, random.nextInt(bytes.length + 16))
        : bytes;
  }
}
