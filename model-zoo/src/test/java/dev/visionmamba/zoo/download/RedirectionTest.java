package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedirectionTest {
  @TempDir private Path cache;

  private Path fetch(URI url) throws Exception {
    return Toy.downloader(cache).fetch(Toy.at(url), DownloadListener.NONE);
  }

  private static ScriptedServer.Script redirect(String from, int status, String location) {
    return (request, reply) -> {
      if (request.target().equals(from)) {
        reply.head(status, "Location: " + location, "Content-Length: 0");
      } else {
        reply.serve(request, Toy.BYTES);
      }
    };
  }

  @ParameterizedTest
  @CsvSource({
    "301, /b/d?x=1%2F2, /b/d?x=1%2F2",
    "302, d, /b/d",
    "303, ?q=1, /b/?q=1",
    "307, ../e, /e",
    "308, ./%23v2/f, /b/%23v2/f"
  })
  void relativeOnesAreFollowed(int status, String location, String target) throws Exception {
    try (ScriptedServer server = new ScriptedServer(redirect("/b/c", status, location))) {
      assertThat(fetch(server.url("/b/c"))).hasBinaryContent(Toy.BYTES);
      assertThat(server.requests().get(1).target()).isEqualTo(target);
    }
  }

  @Test
  void otherHostsAreFollowedWithTheRange() throws Exception {
    Files.createDirectories(cache.resolve(Toy.NAME));
    try (ScriptedServer storage =
            new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES, "ETag: \"x\""));
        ScriptedServer server =
            new ScriptedServer(
                redirect("/toy.pth", 302, storage.url("/signed?key=1").toString()))) {
      Path part = cache.resolve(Toy.NAME).resolve(Toy.FILE + ".part");
      Files.write(part, Toy.first(1000));
      Files.writeString(
          part.resolveSibling(Toy.FILE + ".part.json"),
          "{\"url\":\""
              + server.url("/toy.pth")
              + "\",\"validator\":\"\\\"x\\\"\",\"total\":300000,\"digests\":{}}");
      assertThat(fetch(server.url("/toy.pth"))).hasBinaryContent(Toy.BYTES);
      assertThat(storage.requests()).hasSize(1);
      assertThat(storage.requests().get(0).rangeStart()).isEqualTo(1000);
    }
  }

  @Test
  void circlesEnd() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) -> {
              String other = request.target().equals("/a") ? "/b" : "/a";
              reply.head(302, "Location: " + other, "Content-Length: 0");
            })) {
      assertThatThrownBy(() -> fetch(server.url("/a")))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(server.url("/a").toString(), "circle");
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  void longWaysEnd() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            (request, reply) ->
                reply.head(302, "Location: " + request.target() + "x", "Content-Length: 0"))) {
      assertThatThrownBy(() -> fetch(server.url("/a")))
          .isInstanceOf(DownloadException.class)
          .hasMessageContaining("more than 10 times");
      assertThat(server.requests()).hasSize(10);
    }
  }

  @ParameterizedTest
  @CsvSource({"file:///etc/passwd", "ftp://127.0.0.1/x", "'http://[', ", "mailto:a@b.example"})
  void onlyWebAddressesAreFollowed(String location) throws Exception {
    try (ScriptedServer server = new ScriptedServer(redirect("/a", 302, location))) {
      assertThatThrownBy(() -> fetch(server.url("/a")))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(server.url("/a").toString(), location);
      assertThat(server.requests()).hasSize(1);
    }
  }

  /** A certificate of this test's own, for a server and for who is to trust it. */
  private static SSLContext certificates(Path folder) throws Exception {
    Path store = folder.resolve("store.p12");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    Process process =
        new ProcessBuilder(
                List.of(
                    keytool,
                    "-genkeypair",
                    "-alias",
                    "x",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=127.0.0.1",
                    "-ext",
                    "SAN=ip:127.0.0.1",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    "secret",
                    "-keystore",
                    store.toString()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "secret".toCharArray());
    }
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, "secret".toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  @Test
  void encryptionIsNeverGivenUp(@TempDir Path folder) throws Exception {
    SSLContext certificates = certificates(folder);
    Downloader downloader =
        new Downloader(
            Toy.options(cache),
            Optional.of(
                new Downloader.Ground(
                    Proxies.of(new Properties(), Map.of()),
                    Optional.of(certificates),
                    Disk.REAL,
                    pause -> {})));
    try (ScriptedServer plain =
            new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES));
        ScriptedServer encrypted =
            new ScriptedServer(
                certificates, redirect("/down", 302, plain.url("/toy.pth").toString()));
        ScriptedServer up =
            new ScriptedServer(redirect("/up", 302, encrypted.url("/toy.pth").toString()))) {
      assertThatThrownBy(
              () -> downloader.fetch(Toy.at(encrypted.url("/down")), DownloadListener.NONE))
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(encrypted.url("/down").toString(), "not encrypted");
      assertThat(plain.requests()).isEmpty();
      assertThatThrownBy(() -> fetch(encrypted.url("/toy.pth"))) // who does not trust it
          .isInstanceOf(DownloadException.class)
          .hasMessageContainingAll(encrypted.url("/toy.pth").toString(), "cannot be reached");
      assertThat(downloader.fetch(Toy.at(up.url("/up")), DownloadListener.NONE))
          .hasBinaryContent(Toy.BYTES);
    }
  }
}
