package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DownloadOptionsTest {

  /** A path from the root, as the system that the test runs on has it. */
  private static String here(String path) {
    return path.startsWith("/")
        ? Path.of("").toAbsolutePath().getRoot().resolve(path.substring(1)).toString()
        : path;
  }

  private static Properties properties(String... pairs) {
    Properties properties = new Properties();
    properties.setProperty("user.home", here("/home/ann"));
    properties.setProperty("os.name", "Linux");
    for (int i = 0; i < pairs.length; i += 2) {
      properties.setProperty(pairs[i], pairs[i + 1]);
    }
    return properties;
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, X, x, /home/ann/.cache/visionmamba",
    "Linux, XDG_CACHE_HOME, /var/c, /var/c/visionmamba",
    "Linux, XDG_CACHE_HOME, relative, /home/ann/.cache/visionmamba",
    "Mac OS X, XDG_CACHE_HOME, /var/c, /home/ann/Library/Caches/visionmamba",
    "Windows 11, LOCALAPPDATA, /C/Local, /C/Local/visionmamba",
    "Windows 11, X, x, /home/ann/AppData/Local/visionmamba",
    "Linux, VISIONMAMBA_CACHE, /models/../m, /m"
  })
  void theCacheIsWhereThePlatformHasIt(String os, String variable, String value, String cache) {
    Map<String, String> variables = Map.of(variable, here(value));
    assertThat(DownloadOptions.of(properties("os.name", os), variables).cache())
        .isEqualTo(Path.of(here(cache)));
  }

  @Test
  void thePropertyNamesTheCacheBeforeTheVariable() {
    Path folder = Path.of("here").toAbsolutePath();
    DownloadOptions options =
        DownloadOptions.of(
            properties("visionmamba.cache", "here"), Map.of("VISIONMAMBA_CACHE", "/there"));
    assertThat(options.cache()).isEqualTo(folder);
  }

  @ParameterizedTest
  @CsvSource({
    "x, x, false",
    "visionmamba.offline, true, true",
    "visionmamba.offline, '', true",
    "ai.djl.offline, true, true",
    "offline, true, true",
    "offline, false, false"
  })
  void offlineIsOurPropertyOrDjls(String property, String value, boolean offline) {
    assertThat(DownloadOptions.of(properties(property, value), Map.of()).offline())
        .isEqualTo(offline);
  }

  @Test
  void ourPropertyDecidesAgainstDjls() {
    assertThat(
            DownloadOptions.of(
                    properties("ai.djl.offline", "true", "visionmamba.offline", "false"), Map.of())
                .offline())
        .isFalse();
  }

  private static String located(String mirror, Map<String, String> variables, String url) {
    DownloadOptions options =
        DownloadOptions.of(properties("visionmamba.mirror", mirror), variables);
    return options.mirrors().locate(Toy.at(URI.create(url))).get(0).toString();
  }

  @ParameterizedTest
  @CsvSource({
    "'', https://github.com/a/%23b/c, https://github.com/a/%23b/c",
    "https://m.example/x, https://github.com/a, https://m.example/x/toy_net.toys/toy.pth",
    "https://m.example/x/, https://github.com/a, https://m.example/x/toy_net.toys/toy.pth",
    "https://github.com=https://p.example/gh, https://github.com/a/%23b, https://p.example/gh/a/%23b",
    "https://github.com=https://p.example, https://github.com.evil/a, https://github.com.evil/a",
    "'https://a.example=https://b.example, https://github.com/=https://p.example/',"
        + " https://github.com/a, https://p.example/a",
    "https://drive.usercontent.google.com=http://p.example,"
        + " https://drive.google.com/file/d/abc/view,"
        + " http://p.example/download?id=abc&export=download"
  })
  void mirrorsStandForWhereFilesWerePublished(String mirror, String url, String located) {
    assertThat(located(mirror, Map.of(), url)).isEqualTo(located);
  }

  @Test
  void huggingFaceHasAVariable() {
    Map<String, String> variables = Map.of("HF_ENDPOINT", "https://hf.example/");
    String url = "https://huggingface.co/a/b/resolve/main/c.pth";
    assertThat(located("", variables, url)).isEqualTo("https://hf.example/a/b/resolve/main/c.pth");
    assertThat(located("https://huggingface.co=https://own.example", variables, url))
        .isEqualTo("https://own.example/a/b/resolve/main/c.pth");
    assertThat(located("", variables, "https://github.com/a")).isEqualTo("https://github.com/a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"mirror", "file:///x", "https://", "a=b", "https://a.example=b,c", "https://a b"})
  void whatIsNoMirrorIsRefused(String mirror) {
    assertThatThrownBy(() -> Mirrors.parse(mirror))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mirror");
  }

  @Test
  void limitsAreChecked() {
    DownloadOptions options = DownloadOptions.of(properties(), Map.of());
    assertThatThrownBy(() -> options.withMaximumBytes(0)).hasMessageContaining("maximumBytes");
    assertThatThrownBy(() -> options.withTimeouts(Duration.ZERO, Duration.ofSeconds(1)))
        .hasMessageContaining("connectTimeout");
    assertThatThrownBy(() -> options.withRetries(-1, Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .hasMessageContaining("retries");
  }
}
