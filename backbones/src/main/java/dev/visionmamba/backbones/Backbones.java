package dev.visionmamba.backbones;

import dev.visionmamba.backbones.efficientvim.EfficientViM;
import dev.visionmamba.backbones.efficientvim.EfficientViMConfig;
import dev.visionmamba.backbones.plainmamba.PlainMamba;
import dev.visionmamba.backbones.plainmamba.PlainMambaAdapter;
import dev.visionmamba.backbones.plainmamba.PlainMambaAdapterConfig;
import dev.visionmamba.backbones.plainmamba.PlainMambaConfig;
import dev.visionmamba.backbones.vim.Vim;
import dev.visionmamba.backbones.vim.VimConfig;
import dev.visionmamba.backbones.vmamba.VMamba;
import dev.visionmamba.backbones.vmamba.VMambaConfig;
import dev.visionmamba.scans.engine.Threads;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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
      String name, String family, List<String> aliases, boolean published, Factory factory)
      implements NamedEntries.Named {}

  /** What a backbone is for. */
  public enum Purpose {
    /** Its feature pyramid, with all that belongs to it. */
    FEATURES,
    /** A classifier: without parameters that only the feature pyramid has. */
    CLASSIFICATION
  }

  /** Makes a backbone. */
  @FunctionalInterface
  public interface Factory {

    /**
     * Makes a backbone with uninitialised parameters.
     *
     * @param arguments arguments of the reference's constructor, by its names, that differ from the
     *     variant's
     * @param purpose what it is for
     * @return the backbone
     */
    Backbone create(Map<String, ?> arguments, Purpose purpose);
  }

  private static final String PLAIN_MAMBA = "PlainMamba";
  private static final String PLAIN_MAMBA_ADAPTER = "PlainMambaAdapter";

  private static final NamedEntries<Entry> ENTRIES = new NamedEntries<>("backbone", entries());

  private Backbones() {}

  /**
   * A backbone by name.
   *
   * @param name its short name or an alias, exactly
   * @return a backbone with uninitialised parameters
   * @throws IllegalArgumentException if there is none; the message names the nearest and the others
   */
  public static Backbone create(String name) {
    return create(name, Map.of(), Purpose.FEATURES);
  }

  /**
   * A backbone by name, changed.
   *
   * @param name its short name or an alias, exactly
   * @param arguments arguments of the reference's constructor that replace the variant's; for a
   *     PlainMamba {@code type} may be {@code PlainMambaAdapter}, its published detectors' backbone
   * @param purpose what it is for
   * @return a backbone with uninitialised parameters
   * @throws IllegalArgumentException if there is no such backbone or argument
   */
  public static Backbone create(String name, Map<String, ?> arguments, Purpose purpose) {
    Threads.applyToLibtorch();
    return ENTRIES.require(name).factory().create(arguments, purpose);
  }

  /**
   * The entry of a name.
   *
   * @param name a short name or an alias, exactly
   * @return empty if there is none
   */
  public static Optional<Entry> find(String name) {
    return ENTRIES.find(name);
  }

  /**
   * All entries.
   *
   * @return by family, small to large
   */
  public static List<Entry> all() {
    return ENTRIES.all();
  }

  /**
   * All short names.
   *
   * @return by family, small to large
   */
  public static List<String> names() {
    return ENTRIES.names();
  }

  private static List<Entry> entries() {
    List<Entry> entries = new ArrayList<>();
    String midclstok = "_224_bimambav2_final_pool_mean_abs_pos_embed_with_midclstok_div2";
    String middle = "_224_bimambav2_final_pool_mean_abs_pos_embed_with_middle_cls_token_div2";
    entries.add(new Entry("vim_micro", "Vim", List.of(), false, vim(VimConfig.MICRO)));
    entries.add(vim("vim_tiny", VimConfig.TINY, "vim_tiny_patch16" + midclstok));
    entries.add(
        vim("vim_tiny_stride8", VimConfig.TINY_STRIDE8, "vim_tiny_patch16_stride8" + midclstok));
    entries.add(vim("vim_small", VimConfig.SMALL, "vim_small_patch16" + midclstok));
    entries.add(
        vim("vim_small_stride8", VimConfig.SMALL_STRIDE8, "vim_small_patch16_stride8" + midclstok));
    entries.add(vim("vim_base", VimConfig.BASE, "vim_base_patch16" + middle));
    entries.add(new Entry("vmamba_micro", "VMamba", List.of(), false, vmamba(VMambaConfig.MICRO)));
    entries.add(vmamba("vmamba_tiny_s1l8", VMambaConfig.TINY_S1L8));
    entries.add(vmamba("vmamba_small_s1l20", VMambaConfig.SMALL_S1L20));
    entries.add(vmamba("vmamba_base_s1l20", VMambaConfig.BASE_S1L20));
    entries.add(vmamba("vmamba_tiny_s2l5", VMambaConfig.TINY_S2L5));
    entries.add(vmamba("vmamba_small_s2l15", VMambaConfig.SMALL_S2L15));
    entries.add(vmamba("vmamba_base_s2l15", VMambaConfig.BASE_S2L15));
    entries.add(vmamba("vanilla_vmamba_tiny", VMambaConfig.VANILLA_TINY));
    entries.add(vmamba("vanilla_vmamba_small", VMambaConfig.VANILLA_SMALL));
    entries.add(vmamba("vanilla_vmamba_base", VMambaConfig.VANILLA_BASE));
    entries.add(plainMamba("plainmamba_l1", PlainMambaConfig.L1, PlainMambaAdapterConfig.L1));
    entries.add(plainMamba("plainmamba_l2", PlainMambaConfig.L2, PlainMambaAdapterConfig.L2));
    entries.add(plainMamba("plainmamba_l3", PlainMambaConfig.L3, PlainMambaAdapterConfig.L3));
    entries.addAll(efficientViM("M1", EfficientViMConfig.M1));
    entries.addAll(efficientViM("M2", EfficientViMConfig.M2));
    entries.addAll(efficientViM("M3", EfficientViMConfig.M3));
    entries.addAll(efficientViM("M4", EfficientViMConfig.M4));
    return entries;
  }

  private static Entry vim(String name, VimConfig config, String alias) {
    return new Entry(name, "Vim", List.of(alias), true, vim(config));
  }

  private static Factory vim(VimConfig config) {
    return (arguments, purpose) -> new Vim(config.with(arguments));
  }

  private static Entry vmamba(String name, VMambaConfig config) {
    return new Entry(name, "VMamba", List.of(), true, vmamba(config));
  }

  private static Factory vmamba(VMambaConfig config) {
    return (arguments, purpose) -> {
      Map<String, Object> changed = new HashMap<>(arguments);
      if (purpose == Purpose.CLASSIFICATION) {
        changed.putIfAbsent("out_indices", List.of());
      }
      return new VMamba(config.with(changed));
    };
  }

  private static Entry plainMamba(
      String name, PlainMambaConfig config, PlainMambaAdapterConfig adapter) {
    return new Entry(
        name,
        PLAIN_MAMBA,
        List.of(),
        true,
        (arguments, purpose) -> plainMamba(config, adapter, arguments, purpose));
  }

  /** By the {@code type} of the reference's configurations, which is PlainMamba's if not given. */
  private static Backbone plainMamba(
      PlainMambaConfig config,
      PlainMambaAdapterConfig adapter,
      Map<String, ?> arguments,
      Purpose purpose) {
    Map<String, Object> others = new HashMap<>(arguments);
    Object type = others.remove("type");
    if (type == null || type.equals(PLAIN_MAMBA)) {
      return new PlainMamba(config.with(others));
    }
    if (!type.equals(PLAIN_MAMBA_ADAPTER) || purpose == Purpose.CLASSIFICATION) {
      throw new IllegalArgumentException(
          String.format(
              "type must be %s%s, got %s",
              PLAIN_MAMBA,
              purpose == Purpose.CLASSIFICATION
                  ? " for classification"
                  : " or " + PLAIN_MAMBA_ADAPTER,
              type));
    }
    return new PlainMambaAdapter(adapter.with(others));
  }

  /** A variant, and the same with a second set of linear layers for distillation. */
  private static List<Entry> efficientViM(String variant, EfficientViMConfig config) {
    String name = "EfficientViM_" + variant;
    return List.of(
        efficientViMEntry(name, config),
        efficientViMEntry(name + "_dist", config.with(Map.of("distillation", true))));
  }

  private static Entry efficientViMEntry(String official, EfficientViMConfig config) {
    return new Entry(
        official.toLowerCase(Locale.ROOT),
        "EfficientViM",
        List.of(official),
        true,
        (arguments, purpose) -> new EfficientViM(config.with(arguments)));
  }
}
