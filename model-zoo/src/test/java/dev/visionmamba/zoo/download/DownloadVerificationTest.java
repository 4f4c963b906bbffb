package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken for the checkpoint that was asked for, and what is refused. */
class DownloadVerificationTest extends DownloaderFixture {
  static Stream<String> digestHeaders() {
    String crc = Base64.getEncoder().encodeToString(crc32c(Toy.BYTES));
    return Stream.of(
        "Repr-Digest: sha-256=:" + Toy.base64("SHA-256", Toy.BYTES) + ":",
        "Repr-Digest: sha-512=:" + Toy.base64("SHA-512", Toy.BYTES) + ":",
        "Digest: SHA-256=" + Toy.base64("SHA-256", Toy.BYTES),
        "Content-Digest: sha-256=:" + Toy.base64("SHA-256", Toy.BYTES) + ":",
        "Content-MD5: " + Toy.base64("MD5", Toy.BYTES),
        "X-Goog-Hash: md5=" + Toy.base64("MD5", Toy.BYTES),
        "x-goog-hash: crc32c=" + crc + ",md5=" + Toy.base64("MD5", Toy.BYTES),
        "x-goog-hash: crc32c=" + crc,
        "X-Linked-ETag: \"" + Toy.hex("SHA-256", Toy.BYTES) + "\"");
  }

  private static byte[] crc32c(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return ByteBuffer.allocate(4).putInt((int) crc.getValue()).array();
  }

  @ParameterizedTest
  @MethodSource("digestHeaders")
  void theServersDigestIsChecked(String header) throws Exception {
    try (ScriptedServer wrong =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.OTHER, header))) {
      assertRefused(wrong, 1, wrong.url("/toy.pth").toString(), "but the server says");
      assertThat(files()).isEmpty();
    }
    try (ScriptedServer right =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES, header))) {
      assertFetched(fetch(right));
    }
  }

  @Test
  void theDigestOfARedirectionIsChecked() throws Exception {
    ScriptedServer.Script script =
        (request, reply) -> {
          if (request.target().equals("/toy.pth")) {
            reply.head(
                302,
                "Location: /storage",
                "Content-Length: 0",
                "X-Linked-ETag: \"" + Toy.hex("SHA-256", Toy.BYTES) + "\"");
          } else {
            reply.serve(request, Toy.OTHER);
          }
        };
    try (ScriptedServer server = new ScriptedServer(script)) {
      assertRefused(server, 2, "SHA-256", Toy.hex("SHA-256", Toy.BYTES));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ETag: \"0123456789012345678901234567890123456789\"",
        "Repr-Digest: sha-256=:AAAA:",
        "Repr-Digest: unixsum=:AAAA:",
        "Content-MD5: ???",
        "X-Linked-ETag: \"0123\""
      })
  void whatIsNoDigestIsNotTakenForOne(String header) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES, header))) {
      assertFetched(fetch(server));
    }
  }

  @Test
  void theCataloguesDigestAndSizeAreChecked() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.OTHER))) {
      Downloader downloader = Toy.downloader(cache);
      URI url = server.url("/toy.pth");
      Optional<String> sha256 = Optional.of(Toy.hex("SHA-256", Toy.BYTES));
      assertThatThrownBy(
              () ->
                  downloader.fetch(
                      Toy.entry(OptionalLong.empty(), sha256, url), DownloadListener.NONE))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(url.toString(), sha256.get(), "in the catalogue");
      assertThatThrownBy(
              () ->
                  downloader.fetch(
                      Toy.entry(OptionalLong.of(299_999), Optional.empty(), url),
                      DownloadListener.NONE))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll("300000 bytes", "299999");
      assertThat(files()).isEmpty();
    }
  }

  @Test
  void whatIsTooLargeIsRefused() throws Exception {
    DownloadOptions small = Toy.options(cache).withMaximumBytes(100_000);
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      assertThatThrownBy(() -> fetch(server, small))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll("300000", "100000");
    }
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200); // until the connection ends, whenever that is
              while (true) {
                reply.body(Toy.BYTES, 0, Toy.BYTES.length);
              }
            })) {
      assertThatThrownBy(() -> fetch(server, small))
          .isInstanceOf(DownloadException.class)
          .hasMessageContaining("100000");
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void compressedAnswersAreRefused() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> reply.serve(request, Toy.BYTES, "Content-Encoding: gzip"))) {
      assertRefused(server, 1, "gzip");
    }
  }

  @Test
  void aLoginPageIsNoCheckpoint() throws Exception {
    byte[] page = Toy.text("<html><body>Welcome to the hotel's network</body></html>");
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> reply.send(200, page, "Content-Type: text/html; charset=utf-8"))) {
      assertRefused(server, 1, server.url("/toy.pth").toString(), "web page", "log in");
    }
    assertThat(files()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'<!DOCTYPE html><html>', web page",
    "'  <html>', web page",
    "'version https://git-lfs.github.com/spec/v1', Git LFS",
    "'{\"error\": \"no such file\"}', 7b 22",
    "PK, 50 4b",
    "'', nothing came"
  })
  void whatBeginsInAnotherWayIsNoCheckpoint(String text, String words) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) ->
                reply.send(200, Toy.text(text), "Content-Type: application/octet-stream"))) {
      assertRefused(server, 1, words);
    }
    assertThat(files()).isEmpty();
  }

  static Stream<byte[]> checkpoints() {
    byte[] safetensors = new byte[100];
    safetensors[0] = 92;
    safetensors[8] = '{';
    byte[] pickle = new byte[100];
    pickle[0] = (byte) 0x80;
    pickle[1] = 2;
    return Stream.of(Toy.first(1000), safetensors, pickle);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void checkpointsAreKnownByTheirFirstBytes(byte[] bytes) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, bytes))) {
      assertThat(fetch(server)).hasBinaryContent(bytes);
    }
  }

  @Test
  void aFileThatIsPutThereByHandIsTrustedFromThenOn() throws Exception {
    Path file = Toy.file(cache);
    Files.createDirectories(file.getParent());
    Files.write(file, Toy.BYTES);
    Downloader offline = new Downloader(Toy.options(cache).withOffline(true));
    URI nowhere = URI.create("https://toys.example/toy.pth");
    assertThat(offline.fetch(Toy.at(nowhere), DownloadListener.NONE)).isEqualTo(file);
    assertFetched(file);
    Files.write(file, Toy.OTHER);
    assertThatThrownBy(() -> offline.fetch(Toy.at(nowhere), DownloadListener.NONE))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(
            file.toString(),
            Toy.hex("SHA-256", Toy.BYTES),
            Toy.hex("SHA-256", Toy.OTHER),
            "cache clean " + Toy.NAME);
  }

  @Test
  void aWrongFileThatIsPutThereByHandIsRefused() throws Exception {
    Path file = Toy.file(cache);
    Files.createDirectories(file.getParent());
    Files.writeString(file, "<html>Sign in</html>");
    Downloader downloader = Toy.downloader(cache);
    assertThatThrownBy(
            () ->
                downloader.fetch(
                    Toy.at(URI.create("https://toys.example/toy.pth")), DownloadListener.NONE))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(file.toString(), "web page", "delete");
  }

  @Test
  void anotherFileThanTheFirstTimeIsRefused() throws Exception {
    AtomicReference<byte[]> content = new AtomicReference<>(Toy.BYTES);
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, content.get()))) {
      Files.delete(fetch(server));
      content.set(Toy.OTHER);
      assertThatThrownBy(() -> fetch(server))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll("when it was first fetched", "cache clean");
      assertThat(files()).containsExactly(Toy.FILE + ".sha256");
      new ModelCache(cache).clean(Toy.NAME, false);
      assertThat(fetch(server)).hasBinaryContent(Toy.OTHER);
    }
  }
}
