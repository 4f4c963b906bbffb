package dev.visionmamba.zoo.download;

import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where files are fetched in place of where they were published.
 *
 * @param base a URL under which {@code NAME/FILE} has every file (a cache folder that a web server
 *     shows is such a mirror); empty if files are fetched where they were published
 * @param replacements beginnings of URLs, and what replaces each: {@code https://github.com} by
 *     {@code https://proxy.example/github}; the first that fits is taken
 */
public record Mirrors(Optional<URI> base, Map<String, String> replacements) {
  /** Everything is fetched where it was published. */
  public static final Mirrors NONE = new Mirrors(Optional.empty(), Map.of());

  private static final String HUGGING_FACE = "https://huggingface.co";

  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if one is no web address
   */
  public Mirrors {
    base.ifPresent(url -> webAddress(url.toString()));
    replacements.forEach(
        (from, to) -> {
          webAddress(from);
          webAddress(to);
        });
    replacements = Collections.unmodifiableMap(new LinkedHashMap<>(replacements));
  }

  /**
   * Reads a mirror as the option {@code --mirror} and the property {@code visionmamba.mirror} give
   * it.
   *
   * @param text one URL, or {@code URL=URL} pairs separated by commas
   * @return the mirror
   * @throws IllegalArgumentException if it is neither
   */
  public static Mirrors parse(String text) {
    if (!text.contains("=")) {
      return new Mirrors(Optional.of(webAddress(text.strip())), Map.of());
    }
    Map<String, String> replacements = new LinkedHashMap<>();
    for (String pair : text.split(",")) {
      String[] sides = pair.strip().split("=", 2);
      if (sides.length != 2) {
        throw new IllegalArgumentException(
            "a mirror is a URL, or pairs URL=URL separated by commas; got \"" + text + "\"");
      }
      replacements.put(withoutSlash(sides[0]), withoutSlash(sides[1]));
    }
    return new Mirrors(Optional.empty(), replacements);
  }

  /**
   * These mirrors, and one for Hugging Face where these have none.
   *
   * @param endpoint as the environment variable {@code HF_ENDPOINT} gives it
   * @return both
   */
  public Mirrors withHuggingFace(String endpoint) {
    Map<String, String> both = new LinkedHashMap<>(replacements);
    both.putIfAbsent(HUGGING_FACE, withoutSlash(endpoint.strip()));
    return new Mirrors(base, both);
  }

  private static URI webAddress(String text) {
    try {
      URI url = new URI(text);
      if (("https".equals(url.getScheme()) || "http".equals(url.getScheme()))
          && url.getHost() != null
          && url.getQuery() == null) {
        return url;
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "a mirror is an address such as https://mirror.example/models, got \"" + text + "\"");
  }

  private static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** Where an entry's file is to be fetched, in the order to try. */
  List<URI> locate(CatalogueEntry entry) {
    if (base.isPresent()) {
      String folder = withoutSlash(base.get().toString());
      return List.of(URI.create(folder + "/" + entry.name() + "/" + entry.file()));
    }
    return entry.urls().stream().map(GoogleDrive::direct).map(this::replace).toList();
  }

  /** A URL, or what stands for it. */
  URI replace(URI url) {
    String text = url.toString();
    for (Map.Entry<String, String> replacement : replacements.entrySet()) {
      String from = replacement.getKey();
      if (text.startsWith(from)
          && (text.length() == from.length() || "/?".indexOf(text.charAt(from.length())) >= 0)) {
        return URI.create(replacement.getValue() + text.substring(from.length()));
      }
    }
    return url;
  }
}
