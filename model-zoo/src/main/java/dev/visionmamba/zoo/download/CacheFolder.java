package dev.visionmamba.zoo.download;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;

/** Where the cache is, unless it is named: the platform's folder for such things. */
final class CacheFolder {
  private CacheFolder() {}

  static Path of(Properties properties, Map<String, String> variables) {
    String named = properties.getProperty(DownloadOptions.CACHE_PROPERTY, "");
    if (named.isBlank()) {
      named = variables.getOrDefault(DownloadOptions.CACHE_VARIABLE, "");
    }
    Path folder =
        named.isBlank() ? caches(properties, variables).resolve("visionmamba") : Path.of(named);
    return folder.toAbsolutePath().normalize();
  }

  private static Path caches(Properties properties, Map<String, String> variables) {
    Path home = Path.of(properties.getProperty("user.home"));
    String system = properties.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (system.startsWith("windows")) {
      return absolute(variables, "LOCALAPPDATA", home.resolve("AppData").resolve("Local"));
    }
    if (system.startsWith("mac")) {
      return home.resolve("Library").resolve("Caches");
    }
    return absolute(variables, "XDG_CACHE_HOME", home.resolve(".cache"));
  }

  /** The XDG specification wants relative paths ignored. */
  private static Path absolute(Map<String, String> variables, String variable, Path otherwise) {
    String value = variables.getOrDefault(variable, "");
    return !value.isBlank() && Path.of(value).isAbsolute() ? Path.of(value) : otherwise;
  }
}
