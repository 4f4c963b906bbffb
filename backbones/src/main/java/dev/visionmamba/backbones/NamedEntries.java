package dev.visionmamba.backbones;

import dev.visionmamba.scans.NearestName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a registry has, by name.
 *
 * @param <E> its entries
 */
public final class NamedEntries<E extends NamedEntries.Named> {
  private final String kind;
  private final Map<String, E> entries = new LinkedHashMap<>();

  /** Something that has a short name and others. */
  public interface Named {

    /**
     * The short name, which is listed.
     *
     * @return the name
     */
    String name();

    /**
     * Other names that it is found under.
     *
     * @return the names; may be empty
     */
    List<String> aliases();
  }

  /**
   * A registry's entries.
   *
   * @param kind what an entry is called in errors
   * @param entries in the order in which they are listed
   */
  public NamedEntries(String kind, List<? extends E> entries) {
    this.kind = kind;
    entries.forEach(entry -> this.entries.put(entry.name(), entry));
  }

  /**
   * The entry of a name.
   *
   * @param name a short name or an alias, exactly
   * @return empty if there is none
   */
  public Optional<E> find(String name) {
    E entry = entries.get(name);
    if (entry != null) {
      return Optional.of(entry);
    }
    return entries.values().stream().filter(e -> e.aliases().contains(name)).findFirst();
  }

  /**
   * The entry of a name that must be there.
   *
   * @param name a short name or an alias, exactly
   * @return the entry
   * @throws IllegalArgumentException if there is none; the message names the nearest and the others
   */
  public E require(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    String.format(
                        "no %s \"%s\"; did you mean %s? There are: %s",
                        kind, name, NearestName.of(name, names()), String.join(", ", names()))));
  }

  /**
   * All entries.
   *
   * @return in their order
   */
  public List<E> all() {
    return new ArrayList<>(entries.values());
  }

  /**
   * All short names.
   *
   * @return in the entries' order
   */
  public List<String> names() {
    return List.copyOf(entries.keySet());
  }
}
