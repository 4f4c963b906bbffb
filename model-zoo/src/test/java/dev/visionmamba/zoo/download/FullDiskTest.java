package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FullDiskTest {
  @TempDir private Path cache;

  /** A disk with room for so many bytes, which it admits or not. */
  private record SmallDisk(long room, long usable) implements Disk {
    @Override
    public long usableBytes(Path folder) {
      return usable;
    }

    @Override
    public WritableByteChannel append(Path file) throws IOException {
      WritableByteChannel real = REAL.append(file);
      return new WritableByteChannel() {
        @Override
        public int write(ByteBuffer bytes) throws IOException {
          long left = room - Files.size(file);
          if (left <= 0) {
            throw new IOException("No space left on device");
          }
          int count = (int) Math.min(left, bytes.remaining()); // the last write is a short one
          real.write(bytes.slice(bytes.position(), count));
          bytes.position(bytes.position() + count);
          return count;
        }

        @Override
        public boolean isOpen() {
          return real.isOpen();
        }

        @Override
        public void close() throws IOException {
          real.close();
        }
      };
    }
  }

  private Path fetch(ScriptedServer server, Disk disk) throws Exception {
    return Toy.downloader(Toy.options(cache), new ArrayList<>(), disk)
        .fetch(Toy.at(server.url("/toy.pth"), server.url("/elsewhere.pth")), DownloadListener.NONE);
  }

  @Test
  void nothingIsFetchedThatHasNoRoom() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      assertThatThrownBy(() -> fetch(server, new SmallDisk(1 << 30, 299_999)))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(
              cache.toString(), Toy.NAME, "needs 1 MB", "0 MB left", "free some space");
      assertThat(server.requests()).hasSize(1);
      assertThat(Toy.file(cache)).doesNotExist();
      assertThat(fetch(server, new SmallDisk(1 << 30, 300_000))).hasBinaryContent(Toy.BYTES);
    }
  }

  @Test
  void aDiskThatFillsUpIsSaidAndTheRestFetchedLater() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES, "ETag: \"1\""))) {
      assertThatThrownBy(() -> fetch(server, new SmallDisk(123_456, 1L << 40)))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(
              cache.toString(), "No space left on device", "goes on from there");
      assertThat(server.requests()).hasSize(1);
      assertThat(Toy.file(cache)).doesNotExist();
      assertThat(fetch(server, Disk.REAL)).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests().get(1).rangeStart()).isEqualTo(123_456);
    }
  }

  private static int run(String... command) throws Exception {
    try {
      Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      return process.waitFor();
    } catch (IOException e) {
      return -1; // there is no such command here
    }
  }

  /** A real disk of 200 kB, where this user may mount one. */
  @Test
  void aRealFullDisk() throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", cache.toString()) == 0,
        "this user may not mount a small disk");
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              reply.head(200, "ETag: \"1\""); // no length: the room cannot be checked before
              reply.body(Toy.BYTES, 0, Toy.BYTES.length);
            })) {
      assertThatThrownBy(() -> fetch(server, Disk.REAL))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(cache.toString(), "free some space");
      assertThat(Toy.file(cache)).doesNotExist();
      assertThat(Files.size(cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part")))
          .isBetween(1L, Toy.BYTES.length - 1L);
    } finally {
      assertThat(run("umount", cache.toString())).isZero();
    }
  }

  @Test
  void aCacheThatIsNoFolderIsSaid() throws Exception {
    Path file = Files.writeString(cache.resolve("file"), "not a folder");
    try (ScriptedServer server =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      assertThatThrownBy(
              () ->
                  Toy.downloader(file).fetch(Toy.at(server.url("/toy.pth")), DownloadListener.NONE))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(file.toString(), "visionmamba.cache");
      assertThat(server.requests()).isEmpty();
    }
  }
}
