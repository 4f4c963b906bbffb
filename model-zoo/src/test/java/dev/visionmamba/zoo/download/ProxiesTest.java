package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxiesTest {
  // No such host: only a proxy can answer for it.
  private static final URI URL = URI.create("http://models.invalid/toy.pth");

  @TempDir private Path cache;

  private Path fetch(Map<String, String> variables) throws Exception {
    Proxies proxies = Proxies.of(new Properties(), variables);
    Downloader downloader =
        new Downloader(
            Toy.options(cache),
            Optional.of(new Downloader.Ground(proxies, Optional.empty(), Disk.REAL, pause -> {})));
    return downloader.fetch(Toy.at(URL), DownloadListener.NONE);
  }

  @Test
  void theVariablesProxyIsAsked() throws Exception {
    try (ScriptedServer proxy =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      assertThat(fetch(Map.of("HTTP_PROXY", proxy.url("").toString()))).hasBinaryContent(Toy.BYTES);
      assertThat(proxy.requests().get(0).target()).isEqualTo(URL.toString());
    }
  }

  @Test
  void theVariablesPasswordIsGiven() throws Exception {
    try (ScriptedServer proxy =
        new ScriptedServer(
            (request, reply) -> {
              if (request.header("Proxy-Authorization").isEmpty()) {
                reply.head(407, "Proxy-Authenticate: Basic realm=\"x\"", "Content-Length: 0");
              } else {
                reply.serve(request, Toy.BYTES);
              }
            })) {
      String address = "http://ann:s:ecret@127.0.0.1:" + proxy.port();
      assertThat(fetch(Map.of("http_proxy", address))).hasBinaryContent(Toy.BYTES);
      String expected = Base64.getEncoder().encodeToString(Toy.text("ann:s:ecret"));
      assertThat(proxy.requests().get(1).header("Proxy-Authorization"))
          .isEqualTo("Basic " + expected);
    }
  }

  @Test
  void javasPropertiesComeFirst(@TempDir Path folder) throws Exception {
    try (ScriptedServer proxy =
        new ScriptedServer((request, reply) -> reply.serve(request, Toy.BYTES))) {
      ChildProcess child =
          ChildProcess.start(
              List.of("-Dhttp.proxyHost=127.0.0.1", "-Dhttp.proxyPort=" + proxy.port()),
              Map.of("HTTP_PROXY", "http://127.0.0.1:9"),
              URL,
              cache);
      assertThat(child.end()).as(child.output()).isZero();
      assertThat(Toy.file(cache)).hasBinaryContent(Toy.BYTES);
      assertThat(proxy.requests().get(0).target()).isEqualTo(URL.toString());
    }
  }

  private static Proxy selected(Map<String, String> variables, String url) throws Exception {
    return Proxies.of(new Properties(), variables).selector().select(URI.create(url)).get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS_PROXY, http://p.example:3128, https://github.com/x, p.example:3128",
    "https_proxy, p.example:3128, https://github.com/x, p.example:3128",
    "HTTPS_PROXY, http://p.example, https://github.com/x, p.example:80",
    "ALL_PROXY, http://p.example:1, https://github.com/x, p.example:1",
    "ALL_PROXY, http://p.example:1, http://github.com/x, p.example:1",
    "HTTPS_PROXY, http://p.example:1, http://github.com/x, none",
    "HTTP_PROXY, http://p.example:1, https://github.com/x, none"
  })
  void eachSchemeHasItsVariable(String variable, String value, String url, String proxy)
      throws Exception {
    Proxy selected = selected(Map.of(variable, value), url);
    String found =
        selected.address() instanceof InetSocketAddress address
            ? address.getHostString() + ":" + address.getPort()
            : "none";
    assertThat(found).isEqualTo(proxy);
  }

  @ParameterizedTest
  @CsvSource({
    "*, true", "github.com, true", "a.example github.com, true", ".github.com, true",
    "'a.example,GitHub.com:443', true", "com, true", "hub.com, false", "*.github.com, true",
    "github.com.example, false", "'', false"
  })
  void exceptionsGoWithout(String exceptions, boolean without) throws Exception {
    Proxy proxy =
        selected(
            Map.of("HTTPS_PROXY", "http://p.example:1", "NO_PROXY", exceptions),
            "https://github.com/x");
    assertThat(proxy.equals(Proxy.NO_PROXY)).isEqualTo(without);
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://u:geheim@p.example:1", "http://", "http://u:geheim@[", "a b"})
  void whatIsNoProxyIsSaidWithoutItsPassword(String value) {
    assertThatThrownBy(() -> Proxies.of(new Properties(), Map.of("HTTPS_PROXY", value)))
        .isInstanceOf(DownloadException.class)
        .hasMessageContaining("HTTPS_PROXY")
        .hasMessageNotContaining("geheim");
  }
}
