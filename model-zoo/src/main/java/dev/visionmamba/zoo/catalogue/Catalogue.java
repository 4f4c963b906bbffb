package dev.visionmamba.zoo.catalogue;

import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.scans.NearestName;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Released checkpoints by name. Immutable. */
public final class Catalogue {
  private static final String RESOURCE = "catalogue.json";

  /** How VMamba tells its networks of a size apart: by state-space ratio and layers. */
  private static final Pattern CONFIGURATION = Pattern.compile("_s\\d+l\\d+$");

  private static final Catalogue PUBLISHED = readResource();

  /** By name, in the catalogue's order. */
  private final Map<String, CatalogueEntry> byName;

  /** The checkpoint that a network's name alone means. */
  private final Map<String, CatalogueEntry> byNetwork;

  /** The checkpoint that a network's name without its configuration means. */
  private final Map<String, CatalogueEntry> byShortName = new LinkedHashMap<>();

  private Catalogue(Map<String, CatalogueEntry> byName, Map<String, CatalogueEntry> byNetwork) {
    this.byName = byName;
    this.byNetwork = byNetwork;
    List<String> newestFirst = Backbones.names();
    byNetwork.values().stream()
        .sorted(Comparator.comparingInt(entry -> newestFirst.indexOf(entry.backbone())))
        .forEach(
            entry ->
                byShortName.putIfAbsent(
                    CONFIGURATION.matcher(entry.network()).replaceFirst(""), entry));
  }

  /**
   * The checkpoints that this library knows of.
   *
   * @return the catalogue that comes with the library
   */
  public static Catalogue published() {
    return PUBLISHED;
  }

  /**
   * A catalogue of these checkpoints.
   *
   * @param entries in any order
   * @return the catalogue
   * @throws IllegalArgumentException if a name occurs twice, or a network has several checkpoints
   *     and not exactly one of them is preferred
   */
  public static Catalogue of(Collection<CatalogueEntry> entries) {
    Map<String, CatalogueEntry> byName = new LinkedHashMap<>();
    Map<String, List<CatalogueEntry>> networks = new LinkedHashMap<>();
    for (CatalogueEntry entry : entries) {
      if (byName.put(entry.name(), entry) != null) {
        throw new IllegalArgumentException("\"" + entry.name() + "\" is there twice");
      }
      networks.computeIfAbsent(entry.network(), network -> new ArrayList<>()).add(entry);
    }
    Map<String, CatalogueEntry> byNetwork = new LinkedHashMap<>();
    networks.forEach((network, all) -> byNetwork.put(network, preferred(network, all)));
    return new Catalogue(byName, byNetwork);
  }

  private static CatalogueEntry preferred(String network, List<CatalogueEntry> entries) {
    List<CatalogueEntry> preferred = entries.stream().filter(CatalogueEntry::preferred).toList();
    if (entries.size() == 1) {
      return entries.get(0);
    }
    if (preferred.size() != 1) {
      throw new IllegalArgumentException(
          "\""
              + network
              + "\" has "
              + entries.size()
              + " checkpoints, so exactly one must be its default, but "
              + preferred.size()
              + " are");
    }
    return preferred.get(0);
  }

  /**
   * Reads a catalogue.
   *
   * @param json in the form of the library's own, {@code catalogue.json}
   * @param origin the text's name for messages
   * @return the catalogue
   * @throws IllegalArgumentException if it is not JSON, or something is missing, unknown, twice
   *     there or of another kind; the message says where
   */
  public static Catalogue read(Reader json, String origin) {
    try {
      return of(CatalogueParser.parse(json));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(origin + ": " + e.getMessage(), e);
    }
  }

  private static Catalogue readResource() {
    try (InputStream in = Catalogue.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the class path");
      }
      return read(new InputStreamReader(in, StandardCharsets.UTF_8), RESOURCE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * All checkpoints.
   *
   * @return by family, classifiers first
   */
  public List<CatalogueEntry> entries() {
    return List.copyOf(byName.values());
  }

  /**
   * The checkpoints of a network.
   *
   * @param network its name, {@code efficientvim_m1} or {@code mask_rcnn_vmamba_tiny_s1l8}
   * @return the default one first; empty if there are none
   */
  public List<CatalogueEntry> ofNetwork(String network) {
    CatalogueEntry first = byNetwork.get(network);
    if (first == null) {
      return List.of();
    }
    List<CatalogueEntry> entries = new ArrayList<>(List.of(first));
    byName.values().stream()
        .filter(entry -> entry.network().equals(network) && entry != first)
        .forEach(entries::add);
    return List.copyOf(entries);
  }

  /**
   * The checkpoint of a name.
   *
   * @param name a checkpoint's name, exactly; or a network's or the reference's name for its
   *     backbone, which means the network's default checkpoint; or a network's name without its
   *     configuration ({@code s1l8}), which means the newest of that size
   * @return empty if there is none
   */
  public Optional<CatalogueEntry> find(String name) {
    CatalogueEntry entry = byName.get(name);
    if (entry == null) {
      entry = byNetwork.get(name);
    }
    if (entry == null) {
      entry =
          Backbones.find(name)
              .map(Backbones.Entry::name)
              .or(() -> Restorers.find(name).map(Restorers.Entry::name))
              .map(byNetwork::get)
              .orElse(null);
    }
    return Optional.ofNullable(entry == null ? byShortName.get(name) : entry);
  }

  /**
   * The networks' names without their configurations.
   *
   * @return by such a name the default checkpoint of the newest network of that size
   */
  public Map<String, CatalogueEntry> shortNames() {
    return Collections.unmodifiableMap(byShortName);
  }

  /**
   * What a misspelt name may have meant.
   *
   * @param name any text
   * @param count how many names are wanted
   * @param more names beyond the catalogue's, of models that need no download
   * @return the nearest names of networks and checkpoints, the nearest first
   */
  public List<String> nearest(String name, int count, Collection<String> more) {
    Set<String> known = new LinkedHashSet<>(byNetwork.keySet());
    known.addAll(byName.keySet());
    known.addAll(more);
    List<String> nearest = new ArrayList<>();
    while (nearest.size() < count && !known.isEmpty()) {
      String next = NearestName.of(name, known);
      known.remove(next);
      nearest.add(next);
    }
    return nearest;
  }
}
