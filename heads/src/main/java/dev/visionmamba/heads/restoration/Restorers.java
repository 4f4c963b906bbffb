package dev.visionmamba.heads.restoration;

import dev.visionmamba.heads.restoration.mambair.MambaIR;
import dev.visionmamba.heads.restoration.mambair.MambaIRConfig;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNet;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNetConfig;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2Config;
import dev.visionmamba.scans.NearestName;
import dev.visionmamba.scans.engine.Threads;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The registry: restoration networks by name. */
public final class Restorers {
  private static final Map<String, Entry> ENTRIES = entries();

  /**
   * A network that can be made by name.
   *
   * @param name its short name, {@code mambair_light_x2}
   * @param family the family's name as its paper writes it
   * @param task what its published weights do
   * @param aliases the names that the reference's table of checkpoints uses for this network alone
   * @param factory makes one, with arguments of the reference's constructor replaced
   */
  public record Entry(
      String name, String family, Task task, List<String> aliases, Factory factory) {}

  /** What published weights do. */
  public enum Task {
    /** Larger images from ones that were shrunk by bicubic interpolation. */
    SUPER_RESOLUTION,
    /** Colour images without their Gaussian noise. */
    GAUSSIAN_DENOISING,
    /** Photographs without the noise of their camera. */
    REAL_DENOISING,
    /** Grey images without the artifacts of JPEG compression. */
    JPEG_ARTIFACTS
  }

  /** Makes a network. */
  @FunctionalInterface
  public interface Factory {

    /**
     * Makes a network with uninitialised parameters.
     *
     * @param arguments arguments of the reference's constructor, by its names, that differ from the
     *     variant's
     * @return the network
     */
    Restorer create(Map<String, ?> arguments);
  }

  private Restorers() {}

  /**
   * A network by name.
   *
   * @param name its short name or an alias, exactly
   * @return a network with uninitialised parameters
   * @throws IllegalArgumentException if there is none; the message names the nearest and the others
   */
  public static Restorer create(String name) {
    return create(name, Map.of());
  }

  /**
   * A network by name, changed.
   *
   * @param name its short name or an alias, exactly
   * @param arguments arguments of the reference's constructor that replace the variant's
   * @return a network with uninitialised parameters
   * @throws IllegalArgumentException if there is no such network or argument
   */
  public static Restorer create(String name, Map<String, ?> arguments) {
    Threads.applyToLibtorch();
    return find(name)
        .orElseThrow(() -> new IllegalArgumentException(unknown(name)))
        .factory()
        .create(arguments);
  }

  private static String unknown(String name) {
    return String.format(
        "no restorer \"%s\"; did you mean %s? There are: %s",
        name, NearestName.of(name, names()), String.join(", ", names()));
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
    return List.copyOf(ENTRIES.keySet());
  }

  private static Map<String, Entry> entries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    mambaIR(entries, "light_x2", MambaIRConfig.LIGHT_X2, "MambaIR_light2");
    mambaIR(entries, "light_x3", MambaIRConfig.LIGHT_X3, "MambaIR_light3");
    mambaIR(entries, "light_x4", MambaIRConfig.LIGHT_X4, "MambaIR_light4");
    mambaIR(entries, "sr_x2", MambaIRConfig.SR_X2, "MambaIR_SR2");
    mambaIR(entries, "sr_x3", MambaIRConfig.SR_X3, "MambaIR_SR3");
    mambaIR(entries, "sr_x4", MambaIRConfig.SR_X4, "MambaIR_SR4");
    mambaIR(entries, "colordn", MambaIRConfig.COLOR_DN);
    mambaIR(entries, "car", MambaIRConfig.CAR);
    put(
        entries,
        new Entry(
            "mambair_realdn",
            "MambaIR",
            Task.REAL_DENOISING,
            List.of("MambaIR_realDN"),
            arguments -> new MambaIRUNet(MambaIRUNetConfig.REAL_DN.with(arguments))));
    mambaIRv2(entries, "light_x2", MambaIRv2Config.LIGHT_X2, "MambaIRv2_light2");
    mambaIRv2(entries, "light_x3", MambaIRv2Config.LIGHT_X3, "MambaIRv2_light3");
    mambaIRv2(entries, "light_x4", MambaIRv2Config.LIGHT_X4, "MambaIRv2_light4");
    mambaIRv2(entries, "srsmall_x2", MambaIRv2Config.SR_SMALL_X2);
    mambaIRv2(entries, "srsmall_x3", MambaIRv2Config.SR_SMALL_X3);
    mambaIRv2(entries, "srsmall_x4", MambaIRv2Config.SR_SMALL_X4);
    mambaIRv2(entries, "sr_x2", MambaIRv2Config.SR_X2, "MambaIRv2_SR2");
    mambaIRv2(entries, "sr_x3", MambaIRv2Config.SR_X3, "MambaIRv2_SR3");
    mambaIRv2(entries, "sr_x4", MambaIRv2Config.SR_X4, "MambaIRv2_SR4");
    mambaIRv2(entries, "srlarge_x2", MambaIRv2Config.SR_LARGE_X2);
    mambaIRv2(entries, "srlarge_x3", MambaIRv2Config.SR_LARGE_X3);
    mambaIRv2(entries, "srlarge_x4", MambaIRv2Config.SR_LARGE_X4);
    mambaIRv2(entries, "colordn", MambaIRv2Config.COLOR_DN, "MambaIRv2_guassian15");
    mambaIRv2(entries, "car", MambaIRv2Config.CAR);
    return entries;
  }

  private static void mambaIR(
      Map<String, Entry> entries, String variant, MambaIRConfig config, String... aliases) {
    put(
        entries,
        new Entry(
            "mambair_" + variant,
            "MambaIR",
            task(variant),
            List.of(aliases),
            arguments -> new MambaIR(config.with(arguments))));
  }

  private static void mambaIRv2(
      Map<String, Entry> entries, String variant, MambaIRv2Config config, String... aliases) {
    put(
        entries,
        new Entry(
            "mambairv2_" + variant,
            "MambaIRv2",
            task(variant),
            List.of(aliases),
            arguments -> new MambaIRv2(config.with(arguments))));
  }

  private static Task task(String variant) {
    return switch (variant) {
      case "colordn" -> Task.GAUSSIAN_DENOISING;
      case "car" -> Task.JPEG_ARTIFACTS;
      default -> Task.SUPER_RESOLUTION;
    };
  }

  private static void put(Map<String, Entry> entries, Entry entry) {
    entries.put(entry.name(), entry);
  }
}
