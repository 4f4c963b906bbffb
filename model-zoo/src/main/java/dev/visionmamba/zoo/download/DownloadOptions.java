package dev.visionmamba.zoo.download;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/**
 * How files are fetched.
 *
 * @param cache the folder that fetched files go to; it is made when it is first needed
 * @param mirrors where files are fetched in place of where they were published
 * @param offline whether only what is in the cache may be used
 * @param connectTimeout how long a connection may take
 * @param idleTimeout how long a server may send nothing
 * @param retries how often a failed attempt is repeated, at least 0
 * @param firstPause how long before the first repetition; each further pause is twice as long
 * @param longestPause no pause is longer; a server that asks for a longer one is given up
 * @param maximumBytes the size from which on a file is refused
 */
public record DownloadOptions(
    Path cache,
    Mirrors mirrors,
    boolean offline,
    Duration connectTimeout,
    Duration idleTimeout,
    int retries,
    Duration firstPause,
    Duration longestPause,
    long maximumBytes) {

  /** The system property that names the cache folder. */
  public static final String CACHE_PROPERTY = "visionmamba.cache";

  /** The environment variable that names the cache folder. */
  public static final String CACHE_VARIABLE = "VISIONMAMBA_CACHE";

  /** The system property that names a mirror, as {@link Mirrors#parse} reads it. */
  public static final String MIRROR_PROPERTY = "visionmamba.mirror";

  /** The system property that forbids downloads, or with {@code false} allows them. */
  public static final String OFFLINE_PROPERTY = "visionmamba.offline";

  private static final long MAXIMUM_BYTES = 16L << 30;

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public DownloadOptions {
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(mirrors, "mirrors");
    requirePositive(connectTimeout, "connectTimeout");
    requirePositive(idleTimeout, "idleTimeout");
    requirePositive(firstPause, "firstPause");
    requirePositive(longestPause, "longestPause");
    if (retries < 0 || maximumBytes < 1) {
      throw new IllegalArgumentException(
          "retries must be at least 0 and maximumBytes at least 1, got "
              + retries
              + " and "
              + maximumBytes);
    }
  }

  private static void requirePositive(Duration duration, String name) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(name + " must be above 0, got " + duration);
    }
  }

  /**
   * What system properties and environment variables say: {@value #CACHE_PROPERTY} or {@value
   * #CACHE_VARIABLE} (else the platform's folder for caches), {@value #MIRROR_PROPERTY}, {@code
   * HF_ENDPOINT}, {@value #OFFLINE_PROPERTY} (else DJL's {@code ai.djl.offline} or {@code
   * offline}). Connections may take 20 seconds and be idle for 60; four repetitions, after 1, 2, 4
   * and 8 seconds; files up to 16 GiB.
   *
   * @return the options
   * @throws IllegalArgumentException if one of them is not as it should be
   */
  public static DownloadOptions ofEnvironment() {
    return of(System.getProperties(), System.getenv());
  }

  static DownloadOptions of(Properties properties, Map<String, String> variables) {
    String mirror = properties.getProperty(MIRROR_PROPERTY, "");
    Mirrors mirrors = mirror.isBlank() ? Mirrors.NONE : Mirrors.parse(mirror);
    String huggingFace = variables.getOrDefault("HF_ENDPOINT", "");
    return new DownloadOptions(
        CacheFolder.of(properties, variables),
        huggingFace.isBlank() ? mirrors : mirrors.withHuggingFace(huggingFace),
        isOffline(properties),
        Duration.ofSeconds(20),
        Duration.ofSeconds(60),
        4,
        Duration.ofSeconds(1),
        Duration.ofMinutes(2),
        MAXIMUM_BYTES);
  }

  private static boolean isOffline(Properties properties) {
    String own = properties.getProperty(OFFLINE_PROPERTY);
    if (own != null) {
      return !own.equalsIgnoreCase("false"); // -Dvisionmamba.offline alone means true
    }
    return Boolean.parseBoolean(properties.getProperty("ai.djl.offline"))
        || Boolean.parseBoolean(properties.getProperty("offline"));
  }

  /**
   * These options with another cache folder.
   *
   * @param folder the folder
   * @return the options
   */
  public DownloadOptions withCache(Path folder) {
    return new DownloadOptions(
        folder,
        mirrors,
        offline,
        connectTimeout,
        idleTimeout,
        retries,
        firstPause,
        longestPause,
        maximumBytes);
  }

  /**
   * These options with other mirrors.
   *
   * @param newMirrors the mirrors
   * @return the options
   */
  public DownloadOptions withMirrors(Mirrors newMirrors) {
    return new DownloadOptions(
        cache,
        newMirrors,
        offline,
        connectTimeout,
        idleTimeout,
        retries,
        firstPause,
        longestPause,
        maximumBytes);
  }

  /**
   * These options, with downloads forbidden or allowed.
   *
   * @param newOffline whether they are forbidden
   * @return the options
   */
  public DownloadOptions withOffline(boolean newOffline) {
    return new DownloadOptions(
        cache,
        mirrors,
        newOffline,
        connectTimeout,
        idleTimeout,
        retries,
        firstPause,
        longestPause,
        maximumBytes);
  }

  /**
   * These options with other timeouts.
   *
   * @param connect how long a connection may take
   * @param idle how long a server may send nothing
   * @return the options
   */
  public DownloadOptions withTimeouts(Duration connect, Duration idle) {
    return new DownloadOptions(
        cache, mirrors, offline, connect, idle, retries, firstPause, longestPause, maximumBytes);
  }

  /**
   * These options with other repetitions.
   *
   * @param newRetries how often a failed attempt is repeated
   * @param first how long before the first repetition
   * @param longest no pause is longer
   * @return the options
   */
  public DownloadOptions withRetries(int newRetries, Duration first, Duration longest) {
    return new DownloadOptions(
        cache,
        mirrors,
        offline,
        connectTimeout,
        idleTimeout,
        newRetries,
        first,
        longest,
        maximumBytes);
  }

  /**
   * These options with another limit of size.
   *
   * @param bytes the size from which on a file is refused
   * @return the options
   */
  public DownloadOptions withMaximumBytes(long bytes) {
    return new DownloadOptions(
        cache,
        mirrors,
        offline,
        connectTimeout,
        idleTimeout,
        retries,
        firstPause,
        longestPause,
        bytes);
  }
}
