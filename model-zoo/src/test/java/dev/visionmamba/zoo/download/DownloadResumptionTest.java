package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.zoo.download.ScriptedServer.Reply;
import dev.visionmamba.zoo.download.ScriptedServer.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An interrupted download goes on where it stopped, and only if the file is still the same. */
class DownloadResumptionTest extends DownloaderFixture {
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
      assertThat(server.requests()).hasSize(2).allSatisfy(DownloaderFixture::assertWhole);
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
      assertThat(server.requests()).hasSize(1).allSatisfy(DownloaderFixture::assertWhole);
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
