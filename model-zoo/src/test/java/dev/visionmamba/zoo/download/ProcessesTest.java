package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several real processes with one cache. */
@Timeout(120) // if a process hangs, the build must not
class ProcessesTest {
  private static final String TAG = "ETag: \"1\"";

  @TempDir private Path cache;

  @Test
  void twoProcessesFetchOnce() throws Exception {
    CountDownLatch bothAsk = new CountDownLatch(1);
    CountDownLatch oneAsks = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              oneAsks.countDown();
              bothAsk.await();
              reply.serve(request, Toy.BYTES, TAG);
            })) {
      ChildProcess first = ChildProcess.start(server.url("/toy.pth"), cache);
      oneAsks.await();
      ChildProcess second = ChildProcess.start(server.url("/toy.pth"), cache);
      second.await("waiting");
      bothAsk.countDown();
      assertThat(first.end()).as(first.output()).isZero();
      assertThat(second.end()).as(second.output()).isZero();
      assertThat(first.output()).contains("fetched " + Toy.file(cache));
      assertThat(second.output()).contains("fetched " + Toy.file(cache)).doesNotContain("received");
      assertThat(Toy.file(cache)).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void aKilledProcessLeavesAPartThatTheNextGoesOnWith() throws Exception {
    CountDownLatch killed = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              if (request.rangeStart() < 0) {
                reply.head(200, "Content-Length: " + Toy.BYTES.length, TAG);
                reply.body(Toy.BYTES, 0, 150_000);
                killed.await();
              } else {
                reply.serve(request, Toy.BYTES, TAG);
              }
            })) {
      ChildProcess first = ChildProcess.start(server.url("/toy.pth"), cache);
      first.await("received 150000");
      first.kill();
      killed.countDown();
      assertThat(Toy.file(cache)).doesNotExist();
      Path part = cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part");
      assertThat(Files.size(part)).isEqualTo(150_000);
      ChildProcess second = ChildProcess.start(server.url("/toy.pth"), cache);
      assertThat(second.end()).as(second.output()).isZero();
      assertThat(second.output()).doesNotContain("waiting"); // the dead have no locks
      assertThat(Toy.file(cache)).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests()).hasSize(2);
      assertThat(server.requests().get(1).rangeStart()).isEqualTo(150_000);
    }
  }
}
