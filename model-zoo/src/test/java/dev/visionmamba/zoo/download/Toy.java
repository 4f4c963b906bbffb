package dev.visionmamba.zoo.download;

import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.catalogue.Task;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Random;

/** A small checkpoint of nothing, and what fetches it. */
final class Toy {
  static final String NAME = "toy_net.toys";
  static final String FILE = "toy.pth";

  /** What the file holds; begins as a zip archive does. */
  static final byte[] BYTES = bytes(1);

  /** The same length, other content. */
  static final byte[] OTHER = bytes(2);

  private Toy() {}

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[300_000];
    new Random(seed).nextBytes(bytes);
    System.arraycopy(new byte[] {'P', 'K', 3, 4}, 0, bytes, 0, 4);
    return bytes;
  }

  static CatalogueEntry at(URI... urls) {
    return entry(OptionalLong.empty(), Optional.empty(), urls);
  }

  static CatalogueEntry entry(OptionalLong size, Optional<String> sha256, URI... urls) {
    return new CatalogueEntry(
        NAME,
        false,
        "Toys",
        Task.DETECTION,
        "toy_net",
        Map.of(),
        "retinanet",
        Map.of(),
        List.of(urls),
        FILE,
        "model",
        "",
        Optional.empty(),
        Optional.empty(),
        "toys",
        Optional.empty(),
        URI.create("https://toys.example"),
        Map.of(),
        size,
        sha256,
        Optional.empty());
  }

  /** Short timeouts, three repetitions, no proxy. */
  static DownloadOptions options(Path cache) {
    return DownloadOptions.of(System.getProperties(), Map.of())
        .withCache(cache)
        .withOffline(false)
        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(20))
        .withRetries(3, Duration.ofSeconds(1), Duration.ofSeconds(100));
  }

  /** A downloader that never sleeps, but writes down how long it would have. */
  static Downloader downloader(DownloadOptions options, List<Duration> pauses) throws Exception {
    return downloader(options, pauses, Disk.REAL);
  }

  static Downloader downloader(DownloadOptions options, List<Duration> pauses, Disk disk)
      throws Exception {
    return new Downloader(
        options,
        Optional.of(
            new Downloader.Ground(
                Proxies.of(new Properties(), Map.of()), Optional.empty(), disk, pauses::add)));
  }

  static Downloader downloader(Path cache) throws Exception {
    return downloader(options(cache), new ArrayList<>());
  }

  static Path file(Path cache) {
    return cache.resolve(NAME).resolve(FILE);
  }

  static byte[] digest(String algorithm, byte[] bytes) {
    try {
      return MessageDigest.getInstance(algorithm).digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static String hex(String algorithm, byte[] bytes) {
    return HexFormat.of().formatHex(digest(algorithm, bytes));
  }

  static String base64(String algorithm, byte[] bytes) {
    return Base64.getEncoder().encodeToString(digest(algorithm, bytes));
  }

  static byte[] first(int count) {
    return Arrays.copyOf(BYTES, count);
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
