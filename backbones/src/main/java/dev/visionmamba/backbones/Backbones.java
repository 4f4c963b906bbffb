package dev.visionmamba.backbones;

import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimConfig;
import dev.visionmamba.scans.engine.Threads;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The registry: backbones by name. */
public final class Backbones {

  /**
   * A backbone that can be made by name.
   *
   * @param name its short name, {@code vim_tiny}
   * @param family the family's name as its paper writes it
   * @param aliases the names that the reference uses
   * @param published whether it is a variant of a paper, not this project's own
   * @param factory makes one, with arguments of the reference's constructor replaced
   */
  public record Entry(
      String name, String family, List<String> aliases, boolean published, Factory factory) {}

  /** Makes a backbone. */
  @FunctionalInterface
  public interface Factory {

    /**
     * Makes a backbone with uninitialised parameters.
     *
     * @param arguments arguments of the reference's constructor, by its names, that differ from the
     *     variant's
     * @return the backbone
     */
    Backbone create(Map<String, ?> arguments);
  }

  private static final Map<String, Entry> ENTRIES = entries();

  private Backbones() {}

  /**
   * A backbone by name.
   *
   * @param name its short name or an alias, exactly
   * @return a backbone with uninitialised parameters
   * @throws IllegalArgumentException if there is none; the message names those that there are
   */
  public static Backbone create(String name) {
    return create(name, Map.of());
  }

  /**
   * A backbone by name, changed.
   *
   * @param name its short name or an alias, exactly
   * @param arguments arguments of the reference's constructor that replace the variant's
   * @return a backbone with uninitialised parameters
   * @throws IllegalArgumentException if there is no such backbone or argument
   */
  public static Backbone create(String name, Map<String, ?> arguments) {
    Threads.applyToLibtorch();
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no backbone \"" + name + "\"; there are: " + String.join(", ", names())))
        .factory()
        .create(arguments);
  }

  /**
   * The entry of a name.
   *
   * @param name a short name or an alias, exactly
   * @return empty if there is none
   */
  public static Optional<Entry> find(String name) {
    Entry entry = ENTRIES.get(name);
    if (entry != null) {
      return Optional.of(entry);
    }
    return ENTRIES.values().stream().filter(e -> e.aliases().contains(name)).findFirst();
  }

  /**
   * All entries.
   *
   * @return by family, small to large
   */
  public static List<Entry> all() {
    return new ArrayList<>(ENTRIES.values());
  }

  /**
   * All short names.
   *
   * @return by family, small to large
   */
  public static List<String> names() {
    return ENTRIES.values().stream().map(Entry::name).collect(Collectors.toList());
  }

  private static Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    addVim(entries, "vim_micro", VimConfig.MICRO, false);
    String published = "_224_bimambav2_final_pool_mean_abs_pos_embed_with_midclstok_div2";
    addVim(entries, "vim_tiny", VimConfig.TINY, true, "vim_tiny_patch16" + published);
    addVim(
        entries,
        "vim_tiny_stride8",
        VimConfig.TINY_STRIDE8,
        true,
        "vim_tiny_patch16_stride8" + published);
    addVim(entries, "vim_small", VimConfig.SMALL, true, "vim_small_patch16" + published);
    addVim(
        entries,
        "vim_small_stride8",
        VimConfig.SMALL_STRIDE8,
        true,
        "vim_small_patch16_stride8" + published);
    addVim(
        entries,
        "vim_base",
        VimConfig.BASE,
        true,
        "vim_base_patch16_224_bimambav2_final_pool_mean_abs_pos_embed_with_middle_cls_token_div2");
    return entries;
  }

  private static void addVim(
      Map<String, Entry> entries,
      String name,
      VimConfig config,
      boolean published,
      String... aliases) {
    entries.put(
        name,
        new Entry(
            name,
            "Vim",
            List.of(aliases),
            published,
            arguments -> new Vim(config.with(arguments))));
  }
}
