package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.zoo.download.ScriptedServer.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** A cache of its own for each test, and what a download into it must leave there. */
abstract class DownloaderFixture {
  static final String TAG = "ETag: \"one\"";

  @TempDir Path cache;

  final List<Duration> pauses = new ArrayList<>();

  final Path fetch(ScriptedServer server) throws Exception {
    return fetch(server, Toy.options(cache));
  }

  final Path fetch(ScriptedServer server, DownloadOptions options) throws Exception {
    return Toy.downloader(options, pauses)
        .fetch(Toy.at(server.url("/" + Toy.FILE)), DownloadListener.NONE);
  }

  final List<String> files() throws Exception {
    try (Stream<Path> files = Files.list(cache.resolve(Toy.NAME))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  final void assertFetched(Path file) throws Exception {
    assertThat(file).isEqualTo(Toy.file(cache)).hasBinaryContent(Toy.BYTES);
    assertThat(files()).containsExactly(Toy.FILE, Toy.FILE + ".sha256");
  }

  final void assertRefused(ScriptedServer server, int requests, String... words) {
    assertThatThrownBy(() -> fetch(server))
        .isInstanceOf(DownloadException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
    assertThat(server.requests()).hasSize(requests);
    assertThat(Toy.file(cache)).doesNotExist();
  }

  static void assertWhole(Request request) {
    assertThat(request.rangeStart()).isEqualTo(-1);
    assertThat(request.header("If-Range")).isEmpty();
  }

  /** Cuts the first answer after a part. */
  static ScriptedServer.Script cutOnce(String validator, ScriptedServer.Script then) {
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
}
