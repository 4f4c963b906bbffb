package dev.visionmamba.scans.engine.cuda;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiled kernels on disk, each under the hash of all that it was made from. A file appears whole
 * or not at all, whoever else writes it at the same time. Without a folder that can be written
 * kernels are compiled in every process.
 */
final class KernelCache {
  private static final Logger LOGGER = LoggerFactory.getLogger(KernelCache.class);

  private final Path folder;

  KernelCache(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder {@code kernels} of the project's cache: that which {@code -Dvisionmamba.cache} or
   * {@code VISIONMAMBA_CACHE} names, else the platform's for such things.
   */
  static KernelCache ofThisUser() {
    String named = System.getProperty("visionmamba.cache", "");
    if (named.isBlank()) {
      named = variable("VISIONMAMBA_CACHE");
    }
    Path folder = named.isBlank() ? caches().resolve("visionmamba") : Path.of(named);
    return new KernelCache(folder.toAbsolutePath().resolve("kernels"));
  }

  private static Path caches() {
    Path home = Path.of(System.getProperty("user.home"));
    if (System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")) {
      String local = variable("LOCALAPPDATA");
      return local.isBlank() ? home.resolve("AppData").resolve("Local") : Path.of(local);
    }
    String system = variable("XDG_CACHE_HOME");
    return system.startsWith("/") ? Path.of(system) : home.resolve(".cache");
  }

  private static String variable(String name) {
    String value = System.getenv(name);
    return value == null ? "" : value;
  }

  /** The name of what is made from some texts. */
  static String key(String... texts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String text : texts) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  /** What is kept under a key, else what is made, which is kept from then on. */
  byte[] get(String key, Supplier<byte[]> make) {
    Path file = folder.resolve(key);
    try {
      if (Files.isRegularFile(file)) {
        return Files.readAllBytes(file);
      }
    } catch (IOException e) {
      LOGGER.warn(
          "The compiled kernels {} cannot be read ({}); compiling anew", file, e.toString());
    }
    byte[] made = make.get();
    keep(file, made);
    return made;
  }

  private void keep(Path file, byte[] bytes) {
    try {
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, "part", null);
      try {
        Files.write(part, bytes);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      LOGGER.warn(
          "Compiled kernels cannot be kept in {} ({}); the next start will compile again",
          folder,
          e.toString());
    }
  }

  /** Forgets what is kept under a key. */
  void remove(String key) {
    try {
      Files.deleteIfExists(folder.resolve(key));
    } catch (IOException e) {
      LOGGER.warn("{} cannot be removed: {}", folder.resolve(key), e.toString());
    }
  }
}
