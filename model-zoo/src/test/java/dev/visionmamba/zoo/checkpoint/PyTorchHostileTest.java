package dev.visionmamba.zoo.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files made to do harm: they are refused, or what they ask for stays undone. */
class PyTorchHostileTest {
  private static final long[] NONE = {};

  @TempDir Path folder;

  private static CheckpointFile open(byte[] bytes) throws CheckpointException {
    return CheckpointFile.open("evil", new MemoryChannel(bytes));
  }

  private static void assertRefused(byte[] bytes, String... said) {
    assertThatThrownBy(() -> readAll(bytes))
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith("evil: ")
        .hasMessageContainingAll(said)
        .message()
        .doesNotContain("\n");
  }

  private static void readAll(byte[] bytes) throws CheckpointException {
    try (NDManager manager = NDManager.newBaseManager();
        CheckpointFile file = open(bytes)) {
      file.read(file.tensors(), manager);
    }
  }

  private static byte[] zip(Consumer<PickleBytes> content) {
    PickleBytes pickle = new PickleBytes();
    content.accept(pickle);
    return ZipBytes.of(pickle.end(), new byte[16]);
  }

  private static byte[] tensor(long elements, long offset, long[] shape, long... strides) {
    return zip(
        pickle ->
            pickle
                .op('}')
                .text("w")
                .tensor("FloatStorage", "0", elements, offset, shape, strides)
                .op('s'));
  }

  // What a pickle may call

  @ParameterizedTest
  @CsvSource({
    "posix, system",
    "os, system",
    "nt, system",
    "subprocess, Popen",
    "builtins, eval",
    "builtins, exec",
    "__builtin__, eval",
    "builtins, getattr",
    "builtins, __import__",
    "java.lang, Runtime",
    "java.io, File",
    "torch.hub, load",
    "torch._utils, _rebuild_wrapper_subclass"
  })
  void callsStayUndone(String module, String name) throws Exception {
    Path trace = folder.resolve("trace");
    byte[] bytes =
        zip(
            pickle ->
                pickle
                    .op('}')
                    .text("w")
                    .tensor("FloatStorage", "0", 4, 0, new long[] {4}, new long[] {1})
                    .op('s')
                    .text("evil")
                    .global(module, name)
                    .text("touch " + trace)
                    .op(0x85)
                    .op('R')
                    .op('s'));
    try (NDManager manager = NDManager.newBaseManager();
        CheckpointFile file = open(bytes)) {
      assertThat(file.inertNames()).containsExactly(module + "." + name);
      assertThat(file.read(file.tensors().subList(0, 1), manager)).containsKey("w");
    }
    assertThat(trace).doesNotExist();
  }

  @Test
  void whatWouldCallWhatItWasGivenStaysUndone() throws Exception {
    // getattr(getattr(os, "path"), "join")("a"), and an object whose state would be set
    byte[] bytes =
        zip(
            pickle ->
                pickle
                    .global("builtins", "getattr")
                    .global("os", "path")
                    .text("join")
                    .op(0x86)
                    .op('R')
                    .text("a")
                    .op(0x85)
                    .op('R')
                    .op('}')
                    .op('b'));
    try (CheckpointFile file = open(bytes)) {
      assertThat(file.tensors()).isEmpty();
      assertThat(file.inertNames()).contains("builtins.getattr", "?");
    }
  }

  @Test
  void extensionsAndOutOfBandDataAreRefused() {
    assertRefused(zip(pickle -> pickle.op(0x82, 1)), "opcode 0x82, which is not supported");
    assertRefused(zip(pickle -> pickle.op(0x97)), "opcode 0x97");
    assertRefused(zip(pickle -> pickle.op(0x80, 6)), "protocol 6");
    assertRefused(zip(pickle -> pickle.op('I', '1', '\n')), "opcode 0x49");
  }

  // What a pickle may cost

  @Test
  void sharedValuesDoNotMultiply() {
    // 64 lists, each of the one before twice: 2^64 values
    assertRefused(
        zip(
            pickle -> {
              pickle.op(']').op('q', 0);
              for (int i = 0; i < 30; i++) {
                pickle.op(']').op('(').op('h', i).op('h', i).op('e').op('q', i + 1);
              }
            }),
        "more than 1000000 values");
    assertRefused(
        zip(
            pickle -> {
              pickle.op('}').op('q', 0);
              for (int i = 0; i < 30; i++) {
                pickle.op('}').op('(').text("a".repeat(900)).op('h', i);
                pickle.text("b").op('h', i).op('u').op('q', i + 1);
              }
            }),
        "too long names");
  }

  @Test
  void aDictionaryThatContainsItselfEnds() throws Exception {
    byte[] bytes = zip(pickle -> pickle.op('}').op('q', 0).text("self").op('h', 0).op('s'));
    try (CheckpointFile file = open(bytes)) {
      assertThat(file.tensors()).isEmpty();
    }
    byte[] twice = zip(pickle -> pickle.op(']').op('q', 0).op('(').op('h', 0).op('h', 0).op('e'));
    assertRefused(twice, "more than 1000000 values");
  }

  @Test
  void deepNestingCostsNoStack() throws Exception {
    byte[] bytes =
        zip(
            pickle -> {
              pickle.op(']');
              for (int i = 0; i < 200_000; i++) {
                pickle.op(0x85);
              }
            });
    try (CheckpointFile file = open(bytes)) {
      assertThat(file.tensors()).isEmpty();
    }
  }

  @Test
  void whatIsBuiltIsLimited() {
    assertRefused(
        zip(
            pickle -> {
              for (int i = 0; i < 500_000; i++) {
                pickle.op('}');
              }
            }),
        "more than 64 MB");
    assertRefused(
        zip(
            pickle -> {
              pickle.op(']');
              for (int i = 0; i < 1_010_000; i++) {
                pickle.op('2'); // the same list again and again
              }
            }),
        "more than 1000000 values at a time");
    // a dictionary of one shared list of pairs, made again and again
    assertRefused(
        zip(
            pickle -> {
              pickle.op(']').op('q', 0).op('(');
              for (int i = 0; i < 20_000; i++) {
                pickle.number(i).op('N').op(0x86);
              }
              pickle.op('e');
              for (int i = 0; i < 1_000; i++) {
                pickle.global("collections", "OrderedDict").op('h', 0).op(0x85).op('R');
              }
            }),
        "more than 64 MB");
  }

  @Test
  void lengthsAreCheckedBeforeAnythingIsAllocated() {
    assertRefused(zip(pickle -> pickle.op('X').i32(-1)), "needs 4294967295 bytes");
    assertRefused(zip(pickle -> pickle.op('B').i32(1 << 30)), "needs 1073741824 bytes");
    assertRefused(zip(pickle -> pickle.op(0x8d).i64(-1)), "needs 18446744073709551615 bytes");
    assertRefused(zip(pickle -> pickle.op(0x8e).i64(Long.MAX_VALUE)), "needs");
    assertRefused(zip(pickle -> pickle.op(0x96).i64(1L << 40)), "needs");
    assertRefused(zip(pickle -> pickle.op(0x8b).i32(-1)), "a number of 4294967295 bytes");
    assertRefused(zip(pickle -> pickle.op('r').i32(-1)), "takes a value where there is none");
    assertRefused(zip(pickle -> pickle.op('c').op('x')), "pickle");
  }

  @Test
  void stacksCannotBeUnderrun() {
    for (String opcodes :
        new String[] {"0", "1", "t", "a", "e", "s", "u", "b", "R", "Q", "2", ""}) {
      assertRefused(
          zip(pickle -> opcodes.chars().forEach(opcode -> pickle.op((char) opcode))), "pickle");
    }
    // a mark protects what is below
    assertRefused(zip(pickle -> pickle.op(']').op('(').op('0').op('0').op('0')), "pickle");
    assertRefused(zip(pickle -> pickle.op('N').op('(').op(0x85)), "pickle");
  }

  // Tensors

  @Test
  void viewsStayWithinTheirStorage() {
    assertRefused(tensor(4, 0, new long[] {5}, 1), "not within its storage of 4 elements");
    assertRefused(tensor(4, 1, new long[] {4}, 1), "not within");
    assertRefused(tensor(4, 0, new long[] {2, 2}, 3, 1), "not within");
    assertRefused(tensor(4, -1, new long[] {2}, 1), "starts before its storage");
    assertRefused(tensor(4, 0, new long[] {-2}, 1), "no number of at least 0");
    assertRefused(tensor(4, 0, new long[] {2}, -1), "no number of at least 0");
    assertRefused(tensor(4, Long.MAX_VALUE, new long[] {2}, 1), "not within");
    assertRefused(tensor(4, 0, new long[] {1L << 62, 4}, 0, 0), "not within");
    assertRefused(tensor(4, 0, new long[] {3}, 1L << 62), "not within");
    assertRefused(tensor(4, 0, new long[] {1L << 32, 1L << 32}, 0, 0), "not within");
    assertRefused(tensor(4, 0, new long[] {2, 2}, 1), "2 dimensions and 1 strides");
    assertRefused(tensor(4, 0, new long[9], new long[9]), "more than 8 dimensions");
    assertRefused(tensor(5, 0, new long[] {5}, 1), "16 bytes, too few for the 5 elements");
    assertRefused(tensor(-1, 0, NONE), "storage of -1 elements");
    assertRefused(tensor(Long.MAX_VALUE, 0, NONE), "elements");
  }

  @Test
  void expandedViewsCannotFillTheMemory() {
    assertRefused(tensor(4, 0, new long[] {1 << 30}, 0), "the limit is 2 GiB - 1");
    assertRefused(tensor(4, 0, new long[] {1 << 28}, 0), "more than 4 times the file's size");
    assertRefused(
        zip(
            pickle -> {
              pickle.op('}');
              for (int i = 0; i < 100; i++) {
                pickle.text("w" + i);
                pickle.tensor("FloatStorage", "0", 4, 0, new long[] {1 << 18}, new long[] {0});
                pickle.op('s');
              }
            }),
        "more than 4 times the file's size");
  }

  @Test
  void tensorsOfOddPartsAreRefused() {
    assertRefused(
        zip(pickle -> pickle.global("torch._utils", "_rebuild_tensor_v2").op('N').op(0x85).op('R')),
        "other kinds than a tensor's");
    assertRefused(zip(pickle -> pickle.op('N').op('Q')), "persistent id");
    assertRefused(
        zip(pickle -> pickle.op('}').text("w").tensor("FileStorage", "0", 1, 0, NONE, NONE)),
        "storage of the class \"torch.FileStorage\"");
    assertRefused(
        zip(
            pickle ->
                pickle.op('}').text("w").tensor("CharStorage", "9", 1, 0, NONE, NONE).op('s')),
        "lacks the storage \"9\"");
    assertRefused(
        zip(
            pickle ->
                pickle.op('}').text("w").tensor("CharStorage", "../0", 1, 0, NONE, NONE).op('s')),
        "lacks the storage \"../0\"");
  }

  // Archives

  private static final byte[] PICKLE = new PickleBytes().op('}').end();

  @Test
  void entriesThatAreNotWhatTheySeemAreRefused() {
    assertRefused(new ZipBytes().add("b.txt").end(), "0 pickles");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("b/data.pkl", PICKLE).end(), "2 pickles");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data.pkl", PICKLE).end(), "twice");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/x").again("a/y", 0, 0).end(), "overlaps");
    assertRefused(new ZipBytes().add("a/data.pkl", PICKLE).again("a/x", 4, 3).end(), "overlaps");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", 8, 0, 9, new byte[9]).end(),
        "is compressed at its entry \"a/data/0\"");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", 0, 1, 9, new byte[9]).end(),
        "is encrypted");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", 0, 0, 900, new byte[9]).end(),
        "reaches into its directory");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/data/0", 0, 0, -2, new byte[9]).end(),
        "reaches into its directory");
    assertRefused(
        new ZipBytes().add("a/data.pkl", PICKLE).add("a/constants.pkl", PICKLE).end(),
        "TorchScript");
    assertRefused(
        new ZipBytes()
            .add("a/data.pkl", PICKLE)
            .add("a/byteorder", "big".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .end(),
        "not little-endian");
  }

  @Test
  void namesOfFilesElsewhereAreNothingButKeys() throws Exception {
    byte[] bytes =
        new ZipBytes()
            .add("../../../etc/passwd", (byte) 1)
            .add("/etc/shadow", (byte) 1)
            .add("C:\\evil", (byte) 1)
            .add("a/data.pkl", PICKLE)
            .end();
    try (CheckpointFile file = open(bytes)) {
      assertThat(file.tensors()).isEmpty();
    }
  }

  @Test
  void truncatedArchivesAreRefused() {
    byte[] good = PyTorchReadTest.resource("torch/tiny.pt");
    for (int length = 5; length < good.length; length += 7) {
      assertRefused(Arrays.copyOf(good, length), "");
    }
    byte[] legacy = PyTorchReadTest.resource("torch/tiny_legacy.pt");
    for (int length = 0; length < legacy.length; length += 3) {
      assertRefused(Arrays.copyOf(legacy, length), "");
    }
  }

  @Test
  void otherFilesAreNamed() throws Exception {
    assertRefused(new PickleBytes().op('N').end(), "not one that torch.save has written");
    byte[] tar = new byte[512];
    System.arraycopy("ustar".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, tar, 257, 5);
    assertRefused(tar, "tar archive, PyTorch's format before 0.1.10");
    assertRefused(
        "sys_info\0\0\0".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "tar archive");
    assertRefused(new byte[] {0x1f, (byte) 0x8b, 8, 0}, "compressed by gzip");
    assertRefused(new byte[0], "");
    assertThatThrownBy(() -> CheckpointFile.open(folder))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("not a regular file");
    assertThatThrownBy(() -> CheckpointFile.open(folder.resolve("none.pth")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("does not exist");
    Path page = Files.writeString(folder.resolve("a.pth"), "<!DOCTYPE html><html>");
    assertThatThrownBy(() -> CheckpointFile.open(page)).hasMessageContaining("web page");
  }
}
