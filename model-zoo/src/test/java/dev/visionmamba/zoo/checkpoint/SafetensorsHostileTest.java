package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.entry;
import static dev.visionmamba.zoo.checkpoint.SafetensorsBytes.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDManager;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rule of the format broken in a file of its own. */
class SafetensorsHostileTest {
  private static final String W = entry("w", "U8", "[4]", 0, 4);

  @TempDir Path folder;

  static Stream<Arguments> lengths() {
    byte[] text = ("{" + W + "}").getBytes(StandardCharsets.US_ASCII);
    return Stream.of(
        arguments(new byte[0], "has 0 bytes"),
        arguments(new byte[9], "has 9 bytes"),
        arguments(file(0, text), "0 bytes, too few"),
        arguments(file(1, text), "1 bytes, too few"),
        arguments(file(text.length + 1, text), (text.length + 1) + " bytes, but only "),
        arguments(file(100_000_001, text), "100000001 bytes, but the limit is 100000000"),
        arguments(file(100_000_000, text), "100000000 bytes, but only "),
        arguments(file(-1, text), "18446744073709551615 bytes, but the limit"),
        arguments(file(Long.MIN_VALUE, text), "9223372036854775808 bytes"),
        arguments(file(text.length - 1, text), "not valid JSON after tensor \"w\""),
        arguments("PK\3\4 and more".getBytes(StandardCharsets.US_ASCII), ".pth"),
        arguments("version https://git-lfs".getBytes(StandardCharsets.US_ASCII), "Git LFS"),
        arguments("<!DOCTYPE html>".getBytes(StandardCharsets.US_ASCII), "web page"),
        arguments(file("{" + W + "}", new byte[3]), "truncated: tensor \"w\" ends at data byte 4"),
        arguments(file("{" + W + "}", new byte[5]), "1 bytes after its last tensor, from byte"),
        arguments(file("{}", new byte[1]), "1 bytes after its last tensor, from byte 10"));
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        arguments(" {" + W + "}", "byte 8, where the header starts, is not '{'"),
        arguments("\ufeff{" + W + "}", "byte 8, where the header starts, is not '{'"),
        arguments("[" + W + "]", "is not '{'"),
        arguments("{" + W + "} x", "not valid JSON after tensor \"w\""),
        arguments("{" + W + "}{}", "not valid JSON after tensor \"w\""),
        arguments("{" + W + ",}", "not valid JSON after tensor \"w\""),
        arguments("{" + W, "not valid JSON after tensor \"w\""),
        arguments("{'w':1}", "not valid JSON at or before its first tensor"),
        arguments("{//c\n" + W + "}", "not valid JSON"),
        arguments("{\"a\tb\":{}}", "not valid JSON"),
        arguments("{" + W + "," + W + "}", "the tensor \"w\" twice"),
        arguments("{" + W + "," + W.replace("w", "\\u0077") + "}", "the tensor \"w\" twice"),
        arguments("{" + W.replace("w", "\\ud800") + "}", "\"\\ud800\" is not well-formed"),
        arguments("{\"w\":null}", "NULL where \"w\" needs an object"),
        arguments("{\"w\":[]}", "BEGIN_ARRAY where \"w\" needs an object"),
        arguments("{\"__metadata__\":{},\"__metadata__\":{}}", "\"__metadata__\" twice"),
        arguments("{\"__metadata__\":[]}", "\"__metadata__\" needs an object"),
        arguments("{\"__metadata__\":{\"k\":1}}", "NUMBER where \"__metadata__.k\" needs a text"),
        arguments("{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", "has the key \"k\" twice"),
        arguments("{" + "\"a\":{".repeat(200_000), "the unknown field \"a\""),
        arguments("{\"w\":{\"shape\":" + "[".repeat(200_000), "\"w.shape\" needs a number"));
  }

  static Stream<Arguments> entries() {
    return Stream.of(
        arguments(W.replace("U8", "F8_E4M3"), "has the type F8_E4M3, which is not supported"),
        arguments(W.replace("U8", "U16"), "U16, which is not supported"),
        arguments(W.replace("U8", "U64"), "U64, which is not supported"),
        arguments(W.replace("U8", "F128"), "type \"F128\", which the format does not have"),
        arguments(W.replace("U8", "u8"), "type \"u8\", which the format does not have"),
        arguments(W.replace("\"U8\"", "8"), "NUMBER where \"w.dtype\" needs a text"),
        arguments(W.replace("dtype", "type"), "unknown field \"type\""),
        arguments(W.replace("\"shape\"", "\"dtype\""), "the field \"dtype\" twice"),
        arguments("\"w\":{\"dtype\":\"U8\",\"shape\":[]}", "lacks the field \"data_offsets\""),
        arguments("\"w\":{\"shape\":[4],\"data_offsets\":[0,4]}", "lacks the field \"dtype\""),
        arguments("\"w\":{}", "lacks the field \"dtype\""),
        arguments(W.replace("[4]", "4"), "\"w.shape\" needs an array"),
        arguments(W.replace("[4]", "[\"4\"]"), "STRING where \"w.shape\" needs a number"),
        arguments(W.replace("[4]", "[4.0]"), "has \"4.0\" in \"shape\", not a whole number"),
        arguments(W.replace("[4]", "[1.5]"), "\"1.5\" in \"shape\""),
        arguments(W.replace("[4]", "[4e0]"), "\"4e0\" in \"shape\""),
        arguments(W.replace("[4]", "[-4]"), "\"-4\" in \"shape\""),
        arguments(W.replace("[4]", "[-0]"), "\"-0\" in \"shape\""),
        arguments(W.replace("[4]", "[04]"), "not valid JSON"),
        arguments(W.replace("[4]", "[NaN]"), "not valid JSON"),
        arguments(W.replace("[4]", "[1180591620717411303424]"), "\"1180591620717411303424\""),
        arguments(W.replace("[4]", "[9223372036854775808]"), "\"9223372036854775808\""),
        arguments(W.replace("[4]", "[4294967296,4294967296]"), "more than 2^63 bytes"),
        arguments(W.replace("[4]", "[0,4294967296,4294967296]"), "more than 2^63 bytes"),
        arguments(W.replace("[4]", "[1,1,1,1,1,1,1,1,4]"), "more than 8 numbers in \"shape\""),
        arguments(W.replace("[4]", "[5]"), "needs 5 bytes for its shape (5) of U8 but has 4"),
        arguments(W.replace("U8", "F32"), "needs 16 bytes"),
        arguments(W.replace("[0,4]", "[4,0]"), "ends before it begins (data bytes 4 to 0)"),
        arguments(W.replace("[0,4]", "[4]"), "has 1 data_offsets, not 2"),
        arguments(W.replace("[0,4]", "[0,4,8]"), "more than 2 numbers in \"data_offsets\""),
        arguments(W.replace("[0,4]", "[0,-4]"), "\"-4\" in \"data_offsets\""),
        arguments(W.replace("[0,4]", "[1,5]"), "is the first, but leaves a hole of 1 bytes"),
        arguments(W.replace("[4]", "[4611686018427387904]"), "needs 4611686018427387904 bytes"),
        arguments(W + "," + entry("v", "U8", "[2]", 3, 5), "\"v\" (data bytes 3 to 5) overlaps"),
        arguments(W + "," + entry("v", "U8", "[4]", 0, 4), "(data bytes 0 to 4) overlaps"),
        arguments(W + "," + entry("v", "U8", "[0]", 2, 2), "(data bytes 2 to 2) overlaps"),
        arguments(W + "," + entry("v", "U8", "[1]", 6, 7), "a hole of 2 bytes after tensor \"w\""),
        arguments(W + "," + entry("v", "U8", "[9]", 4, 13), "is truncated: tensor \"v\""));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void wrongLengthsAreRefused(byte[] bytes, String message) throws Exception {
    assertRefused(bytes, message);
  }

  @ParameterizedTest
  @MethodSource("headers")
  void wrongHeadersAreRefused(String header, String message) throws Exception {
    assertRefused(file(header, new byte[4]), message);
  }

  @ParameterizedTest
  @MethodSource("entries")
  void wrongEntriesAreRefused(String entries, String message) throws Exception {
    assertRefused(file("{" + entries + "}", new byte[4]), message);
  }

  @Test
  void headersThatAreNotUtf8AreRefused() throws Exception {
    byte[] text = ("{" + W + "}").getBytes(StandardCharsets.US_ASCII);
    text[2] = (byte) 0xC0;
    assertRefused(file(text.length, text, new byte[4]), "not UTF-8");
  }

  @Test
  void tooManyTensorsAreRefused() throws Exception {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i <= 100_000; i++) {
      header.append(entry("t" + i, "U8", "[0]", 0, 0)).append(',');
    }
    header.setCharAt(header.length() - 1, '}');
    assertRefused(file(header.toString()), "more than 100000 tensors");
  }

  @Test
  void tooManyTextsAreRefused() throws Exception {
    StringBuilder header = new StringBuilder("{\"__metadata__\":{");
    for (int i = 0; i <= 100_000; i++) {
      header.append('"').append(i).append("\":\"\",");
    }
    header.setCharAt(header.length() - 1, '}');
    assertRefused(file(header.append('}').toString()), "more than 100000 texts");
  }

  @Test
  void namesInMessagesAreShortAndVisible() throws Exception {
    String evil = "\\n\\u001b[31m\\u202e" + "x".repeat(100_000);
    Throwable thrown = assertRefused(file("{" + W.replace("w", evil) + "}"), "truncated");
    assertThat(thrown.getMessage())
        .contains("\\u000a\\u001b[31m\\u202exxx", "... (100007 characters)")
        .hasSizeLessThan(1000);
  }

  @Test
  void tensorsOfTwoGibibytesAreRefusedBeforeAnyIsCreated() throws Exception {
    long elements = 1L << 29;
    Path sparse = folder.resolve("big.safetensors");
    byte[] header = file("{" + entry("w", "BF16", "[" + elements + "]", 0, 2 * elements) + "}");
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.write(header);
      file.setLength(header.length + 2 * elements);
    }
    assertRefused(sparse, "tensor \"w\" needs 2147483648 bytes of memory");
    assertThat(Safetensors.readHeader(sparse).tensors()).hasSize(1);
  }

  @Test
  void missingFilesAndFoldersAreNamed() {
    assertRefused(folder.resolve("none.safetensors"), "does not exist; check the path");
    assertRefused(folder, "is not a regular file");
  }

  private Throwable assertRefused(byte[] bytes, String message) throws Exception {
    return assertRefused(Files.write(folder.resolve("bad.safetensors"), bytes), message);
  }

  private static Throwable assertRefused(Path path, String message) {
    try (NDManager manager = NDManager.newBaseManager()) {
      Throwable thrown = catchThrowable(() -> Safetensors.read(path, manager));
      assertThat(thrown).isInstanceOf(CheckpointException.class).hasMessageContaining(message);
      assertThat(thrown.getMessage()).startsWith(path.toString()).doesNotContain("\n");
      assertThat(manager.getManagedArrays()).isEmpty();
      return thrown;
    }
  }
}
