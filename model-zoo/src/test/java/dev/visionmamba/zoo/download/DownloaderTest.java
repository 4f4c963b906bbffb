package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class DownloaderTest extends DownloaderFixture {
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
}
