package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which failures are tried again, how often and after which pauses. */
class DownloadRepetitionTest extends DownloaderFixture {
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
}
