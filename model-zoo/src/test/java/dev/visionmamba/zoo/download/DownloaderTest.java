package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.zoo.download.ScriptedServer.Reply;
import dev.visionmamba.zoo.download.ScriptedServer.Request;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DownloaderTest {
  private static final String TAG = "ETag: \"one\"";

  @TempDir private Path cache;

  private final List<Duration> pauses = new ArrayList<>();

  private Path fetch(ScriptedServer server) throws Exception {
    return fetch(server, Toy.options(cache));
  }

  private Path fetch(ScriptedServer server, DownloadOptions options) throws Exception {
    return Toy.downloader(options, pauses)
        .fetch(Toy.at(server.url("/" + Toy.FILE)), DownloadListener.NONE);
  }

  private List<String> files() throws Exception {
    try (Stream<Path> files = Files.list(cache.resolve(Toy.NAME))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void assertFetched(Path file) throws Exception {
    assertThat(file).isEqualTo(Toy.file(cache)).hasBinaryContent(Toy.BYTES);
    assertThat(files()).containsExactly(Toy.FILE, Toy.FILE + ".sha256");
  }

  private void assertRefused(ScriptedServer server, int requests, String... words) {
    assertThatThrownBy(() -> fetch(server))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
    assertThat(server.requests()).hasSize(requests);
    assertThat(Toy.file(cache)).doesNotExist();
  }

  private static void assertWhole(Request request) {
    assertThat(request.rangeStart()).isEqualTo(-1);
    assertThat(request.header("If-Range")).isEmpty();
  }

  @Test
  void fetchesOnceAndRecordsTheDigest() throws Exception {
    List<String> heard = new ArrayList<>();
    DownloadListener listener =
        new DownloadListener() {
          @Override
          public void started(String name, URI url, long received, OptionalLong total) {
            heard.add("started " + name + " " + received + " of " + total.orElse(-1));
          }

          @Override
          public void received(long bytes) {
            assertThat(bytes).isBetween(1L, (long) Toy.BYTES.length);
          }

          @Override
          public void finished(Path file) {
            heard.add("finished " + file);
          }
        };
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      Downloader downloader = Toy.downloader(cache);
      Path file = downloader.fetch(Toy.at(server.url("/a%23b/toy.pth")), listener);
      assertFetched(file);
      assertThat(ModelCache.digestFile(file))
          .hasContent(Toy.hex("SHA-256", Toy.BYTES) + "  " + Toy.FILE + "\n");
      assertThat(heard).containsExactly("started " + Toy.NAME + " 0 of 300000", "finished " + file);
      assertThat(downloader.fetch(Toy.at(server.url("/a%23b/toy.pth")), listener)).isEqualTo(file);
      assertThat(server.requests()).hasSize(1);
      assertThat(server.requests().get(0).target()).isEqualTo("/a%23b/toy.pth");
      assertThat(server.requests().get(0).header("Accept-Encoding")).isEqualTo("identity");
      assertThat(heard).hasSize(2);
    }
  }

  /** Cuts the first answer after a part. */
  private static ScriptedServer.Script cutOnce(String validator, ScriptedServer.Script then) {
    AtomicInteger count = new AtomicInteger();
    return (request, reply) -> {
      if (count.getAndIncrement() == 0) {
        reply.head(200, "Content-Length: " + Toy.BYTES.length, validator);
        reply.body(Toy.BYTES, 0, 100_000);
      } else {
        then.answer(request, reply);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"ETag: \"one\"", "Last-Modified: Tue, 03 Mar 2026 10:00:00 GMT"})
  void goesOnAfterACut(String validator) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            cutOnce(validator, (request, reply) -> reply.serve(request, Toy.BYTES, validator)))) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(2);
      Request second = server.requests().get(1);
      assertThat(second.rangeStart()).isEqualTo(100_000);
      assertThat(validator).endsWith(": " + second.header("If-Range"));
      assertThat(pauses).containsExactly(Duration.ofSeconds(1));
    }
  }

  @Test
  void goesOnWhereAnEarlierDownloaderStopped() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            cutOnce(TAG, (request, reply) -> reply.serve(request, Toy.BYTES, TAG)))) {
      DownloadOptions impatient =
          Toy.options(cache).withRetries(0, Duration.ofMillis(1), Duration.ofMillis(1));
      assertThatThrownBy(() -> fetch(server, impatient)).isInstanceOf(DownloadException.class);
      assertThat(files()).containsExactly(Toy.FILE + ".part", Toy.FILE + ".part.json");
      assertFetched(fetch(server));
      assertThat(server.requests().get(1).rangeStart()).isEqualTo(100_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ETag: W/\"weak\"", "X-Nothing: 1"})
  void beginsAnewWhereNothingStandsForTheContent(String validator) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            cutOnce(validator, (request, reply) -> reply.serve(request, Toy.BYTES, validator)))) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(2).allSatisfy(DownloaderTest::assertWhole);
    }
  }

  @Test
  void takesTheWholeFileFromAServerWithoutRanges() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(cutOnce(TAG, (request, reply) -> reply.send(200, Toy.BYTES, TAG)))) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void beginsAnewWhenTheFileHasChanged() throws Exception {
    byte[] old = Toy.OTHER;
    AtomicInteger count = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (count.getAndIncrement() == 0) {
                reply.head(200, "Content-Length: " + old.length, "ETag: \"old\"");
                reply.body(old, 0, 100_000);
              } else {
                assertThat(request.header("If-Range")).isEqualTo("\"old\"");
                reply.send(200, Toy.BYTES, "ETag: \"new\"");
              }
            })) {
      assertFetched(fetch(server));
      assertThat(count).hasValue(2);
    }
  }

  /** Servers that answer a range, but not the one of that file that was asked for. */
  static Stream<ScriptedServer.Script> wrongRanges() {
    int size = Toy.BYTES.length;
    return Stream.of(
        (request, reply) -> range(reply, "bytes 100000-299999/300000", 200_000, "ETag: \"two\""),
        (request, reply) -> range(reply, "bytes 0-299999/300000", size, TAG),
        (request, reply) -> range(reply, "bytes 100000-299999/300001", 200_000, TAG),
        (request, reply) -> range(reply, "items 7", 200_000, TAG),
        (request, reply) -> reply.head(416, "Content-Length: 0", "Content-Range: bytes */5"));
  }

  private static void range(Reply reply, String range, int count, String tag) throws Exception {
    reply.head(206, "Content-Range: " + range, "Content-Length: " + count, tag);
    reply.body(Toy.OTHER, 0, count);
  }

  @ParameterizedTest
  @MethodSource("wrongRanges")
  void neverJoinsPartsOfDifferentFiles(ScriptedServer.Script wrong) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            cutOnce(
                TAG,
                (request, reply) -> {
                  if (request.rangeStart() >= 0) {
                    wrong.answer(request, reply);
                  } else {
                    reply.serve(request, Toy.BYTES, TAG);
                  }
                }))) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(3);
      assertWhole(server.requests().get(2));
    }
  }

  @Test
  void partsThatDoNotMakeTheFileAreFetchedAnew() throws Exception {
    String digest = "Repr-Digest: sha-256=:" + Toy.base64("SHA-256", Toy.BYTES) + ":";
    AtomicInteger count = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (count.getAndIncrement() == 0) {
                reply.head(200, "Content-Length: " + Toy.BYTES.length, TAG, digest);
                reply.body(Toy.OTHER, 0, 100_000); // the first part is damaged
              } else {
                reply.serve(request, Toy.BYTES, TAG, digest);
              }
            })) {
      assertFetched(fetch(server));
      assertThat(server.requests())
          .extracting(Request::rangeStart)
          .containsExactly(-1, 100_000, -1);
    }
  }

  @Test
  void aCompletePartNeedsNoBytes() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              assertThat(request.rangeStart()).isEqualTo(Toy.BYTES.length);
              reply.head(416, "Content-Length: 0", "Content-Range: bytes */" + Toy.BYTES.length);
            })) {
      Files.createDirectories(cache.resolve(Toy.NAME));
      Files.write(cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part"), Toy.BYTES);
      Path state = cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part.json");
      String url = server.url("/" + Toy.FILE).toString();
      Files.writeString(
          state, "{\"url\":\"" + url + "\",\"validator\":\"x\",\"total\":-1,\"digests\":{}}");
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void aWholePartOfAnEndedProcessIsFinishedWithoutTheNetwork() throws Exception {
    Files.createDirectories(cache.resolve(Toy.NAME));
    Files.write(cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part"), Toy.BYTES);
    Files.writeString(
        cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part.json"),
        "{\"url\":\"http://127.0.0.1:9/toy.pth\",\"validator\":\"x\",\"total\":300000,"
            + "\"digests\":{}}");
    Path file =
        Toy.downloader(cache)
            .fetch(Toy.at(URI.create("http://127.0.0.1:9/toy.pth")), DownloadListener.NONE);
    assertFetched(file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", "{", "[]", "{\"url\":7}", "{\"total\":\"x\"}", "\u00ff"})
  void aDamagedStateIsForgotten(String state) throws Exception {
    Files.createDirectories(cache.resolve(Toy.NAME));
    Files.write(cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part"), Toy.OTHER);
    Files.write(
        cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part.json"),
        state.getBytes(StandardCharsets.ISO_8859_1));
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES, TAG))) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(1).allSatisfy(DownloaderTest::assertWhole);
    }
  }

  @Test
  void givesUpAfterTheLastRepetition() throws Exception {
    try (ScriptedServer server = new ScriptedServer((request, reply) -> reply.reset())) {
      assertThatThrownBy(() -> fetch(server))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(
              server.url("/").toString(), "after 4 attempts", "try again later");
      assertThat(pauses)
          .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
    }
  }

  @Test
  void failuresThatBringTheFileOnDoNotCount() throws Exception {
    byte[] large = Arrays.copyOf(Toy.BYTES, 5_000_000);
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              int start = Math.max(request.rangeStart(), 0);
              String range = "bytes " + start + "-" + (large.length - 1) + "/" + large.length;
              reply.head(
                  start == 0 ? 200 : 206,
                  "Content-Length: " + (large.length - start),
                  "Content-Range: " + range,
                  TAG);
              reply.body(large, start, Math.min(start + 1_100_000, large.length));
            })) {
      DownloadOptions once =
          Toy.options(cache).withRetries(1, Duration.ofSeconds(1), Duration.ofSeconds(10));
      assertThat(fetch(server, once)).hasBinaryContent(large);
      assertThat(server.requests()).hasSize(5);
      assertThat(pauses).hasSize(4).containsOnly(Duration.ofSeconds(1));
    }
  }

  @Test
  void pausesGrowToTheLongest() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.send(500, new byte[0]))) {
      DownloadOptions options =
          Toy.options(cache).withRetries(4, Duration.ofSeconds(3), Duration.ofSeconds(10));
      assertThatThrownBy(() -> fetch(server, options)).hasMessageContaining("500");
      assertThat(pauses).extracting(Duration::toSeconds).containsExactly(3L, 6L, 10L, 10L);
    }
  }

  @Test
  void aServerThatIsGoneIsAskedAgain() throws Exception {
    int port;
    try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = unused.getLocalPort();
    }
    URI url = URI.create("http://127.0.0.1:" + port + "/toy.pth");
    assertThatThrownBy(
            () ->
                Toy.downloader(Toy.options(cache), pauses)
                    .fetch(Toy.at(url), DownloadListener.NONE))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(url.toString(), "refused");
    assertThat(pauses).hasSize(3);
  }

  @Test
  void anUnknownHostIsNotAskedAgain() {
    URI url = URI.create("http://no-such-host.invalid/toy.pth");
    assertThatThrownBy(
            () ->
                Toy.downloader(Toy.options(cache), pauses)
                    .fetch(Toy.at(url), DownloadListener.NONE))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(url.toString(), "cannot be resolved", "proxy");
    assertThat(pauses).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"429, 7, 7", "503, 0, 0", "503, '', 1", "502, soon, 1", "429, -3, 1"})
  void waitsAsLongAsTheServerWants(int status, String retryAfter, long seconds) throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (count.getAndIncrement() == 0) {
                reply.send(status, Toy.text("busy"), "Retry-After: " + retryAfter);
              } else {
                reply.serve(request, Toy.BYTES);
              }
            })) {
      assertFetched(fetch(server));
      assertThat(pauses).containsExactly(Duration.ofSeconds(seconds));
    }
  }

  @Test
  void waitsUntilTheDateThatTheServerNames() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (count.getAndIncrement() == 0) {
                ZonedDateTime then = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60);
                reply.send(
                    503,
                    new byte[0],
                    "Retry-After: " + DateTimeFormatter.RFC_1123_DATE_TIME.format(then));
              } else {
                reply.serve(request, Toy.BYTES);
              }
            })) {
      assertFetched(fetch(server));
      assertThat(pauses).hasSize(1);
      assertThat(pauses.get(0)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(60));
    }
  }

  @Test
  void aServerThatWantsTooLongAPauseIsGivenUp() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> reply.send(429, new byte[0], "Retry-After: 86400"))) {
      assertRefused(server, 1, "429", "86400 seconds");
      assertThat(pauses).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, try again later",
    "401, mirror",
    "403, mirror",
    "404, moved",
    "410, moved",
    "407, HTTPS_PROXY",
    "204, mirror",
    "300, mirror"
  })
  void anAnswerThatStaysIsNotAskedForAgain(int status, String word) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.head(status, "Content-Length: 0"))) {
      assertRefused(server, 1, server.url("/toy.pth").toString(), "answered " + status, word);
      assertThat(pauses).isEmpty();
    }
  }

  @Test
  void aServerThatFallsSilentIsLeftAndAskedForTheRest() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger count = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              switch (count.getAndIncrement()) {
                case 0 -> over.await(); // no answer at all
                case 1 -> {
                  reply.head(200, "Content-Length: " + Toy.BYTES.length, TAG);
                  reply.body(Toy.BYTES, 0, 50_000);
                  over.await();
                }
                default -> reply.serve(request, Toy.BYTES, TAG);
              }
            })) {
      Duration idle = Duration.ofSeconds(1);
      assertFetched(fetch(server, Toy.options(cache).withTimeouts(idle, idle)));
      assertThat(server.requests()).hasSize(3);
      assertThat(server.requests().get(2).rangeStart()).isEqualTo(50_000);
      over.countDown();
    }
  }

  @Test
  void slowBytesAreNoSilence() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200, "Content-Length: " + Toy.BYTES.length);
              for (int i = 0; i < 300; i++) { // each write goes out by itself
                reply.body(Toy.BYTES, i * 1000, (i + 1) * 1000);
                Thread.yield();
              }
            })) {
      assertFetched(fetch(server));
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void aLengthIsNotNeeded() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200, "Transfer-Encoding: chunked");
              byte[] size = Toy.text(Integer.toHexString(Toy.BYTES.length) + "\r\n");
              reply.body(size, 0, size.length);
              reply.body(Toy.BYTES, 0, Toy.BYTES.length);
              reply.body(Toy.text("\r\n0\r\n\r\n"), 0, 7);
            })) {
      assertFetched(fetch(server));
    }
  }

  @Test
  void anUnfinishedChunkedAnswerIsNoFile() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200, "Transfer-Encoding: chunked");
              byte[] size = Toy.text(Integer.toHexString(Toy.BYTES.length) + "\r\n");
              reply.body(size, 0, size.length);
              reply.body(Toy.BYTES, 0, 1000);
            })) {
      assertRefused(server, 4, "after 4 attempts");
    }
  }

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
  void theSecondAddressIsTakenWhereTheFirstFails() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (request.target().equals("/gone")) {
                reply.send(404, new byte[0]);
              } else {
                reply.serve(request, Toy.BYTES);
              }
            })) {
      Path file =
          Toy.downloader(cache)
              .fetch(Toy.at(server.url("/gone"), server.url("/here")), DownloadListener.NONE);
      assertFetched(file);
    }
  }

  @Test
  void offlineNeverAsks() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      DownloadOptions offline = Toy.options(cache).withOffline(true);
      assertThatThrownBy(() -> fetch(server, offline))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(Toy.NAME, "not in the cache", "visionmamba.offline");
      assertThat(server.requests()).isEmpty();
      fetch(server);
      assertFetched(fetch(server, offline));
      assertThat(server.requests()).hasSize(1);
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

  @Test
  void manyThreadsFetchOnce() throws Exception {
    int count = 8;
    CountDownLatch waiting = new CountDownLatch(count - 1);
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              waiting.await(); // all others stand at the lock
              reply.serve(request, Toy.BYTES);
            })) {
      List<Path> fetched = new CopyOnWriteArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Downloader downloader = Toy.downloader(cache);
        Thread thread =
            new Thread(
                () -> {
                  try {
                    fetched.add(
                        downloader.fetch(
                            Toy.at(server.url("/toy.pth")),
                            new DownloadListener() {
                              @Override
                              public void waiting(String name) {
                                waiting.countDown();
                              }
                            }));
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(fetched).hasSize(count);
      assertFetched(fetched.get(0));
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void anInterruptionEndsTheDownloadAndKeepsThePart() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200, "Content-Length: " + Toy.BYTES.length, TAG);
              reply.body(Toy.BYTES, 0, 1000);
              over.await();
            })) {
      Downloader downloader = Toy.downloader(cache);
      Thread thread =
          new Thread(
              () -> {
                try {
                  downloader.fetch(
                      Toy.at(server.url("/toy.pth")),
                      new DownloadListener() {
                        @Override
                        public void received(long bytes) {
                          arrived.countDown();
                        }
                      });
                } catch (Exception e) {
                  failure.set(Thread.currentThread().isInterrupted() ? e : null);
                }
              });
      thread.start();
      arrived.await();
      thread.interrupt();
      thread.join();
      over.countDown();
      assertThat(failure.get())
          .isInstanceOf(DownloadException.class)
          .hasMessageContaining("interrupted");
      assertThat(files()).containsExactly(Toy.FILE + ".part", Toy.FILE + ".part.json");
    }
  }
}
