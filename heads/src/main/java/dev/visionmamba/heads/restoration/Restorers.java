package dev.visionmamba.heads.restoration;

import dev.visionmamba.backbones.NamedEntries;
import dev.visionmamba.heads.restoration.mambair.MambaIR;
import dev.visionmamba.heads.restoration.mambair.MambaIRConfig;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNet;
import dev.visionmamba.heads.restoration.mambair.MambaIRUNetConfig;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2;
import dev.visionmamba.heads.restoration.mambairv2.MambaIRv2Config;
import dev.visionmamba.scans.engine.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The registry: restoration networks by name. */
public final class Restorers {
  private static final NamedEntries<Entry> ENTRIES = new NamedEntries<>("restorer", entries());

  /**
   * A network that can be made by name.
   *
   * @param name its short name, {@code mambair_light_x2}
   * @param family the family's name as its paper writes it
   * @param task what its published weights do
   * @param aliases the names that the reference's table of checkpoints uses for this network alone
   * @param factory makes one, with arguments of the reference's constructor replaced
   */
  public record Entry(String name, String family, Task task, List<String> aliases, Factory factory)
      implements NamedEntries.Named {}

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
    return ENTRIES.require(name).factory().create(arguments);
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
    entries.add(mambaIR("light_x2", MambaIRConfig.LIGHT_X2, "MambaIR_light2"));
    entries.add(mambaIR("light_x3", MambaIRConfig.LIGHT_X3, "MambaIR_light3"));
    entries.add(mambaIR("light_x4", MambaIRConfig.LIGHT_X4, "MambaIR_light4"));
    entries.add(mambaIR("sr_x2", MambaIRConfig.SR_X2, "MambaIR_SR2"));
    entries.add(mambaIR("sr_x3", MambaIRConfig.SR_X3, "MambaIR_SR3"));
    entries.add(mambaIR("sr_x4", MambaIRConfig.SR_X4, "MambaIR_SR4"));
    entries.add(mambaIR("colordn", MambaIRConfig.COLOR_DN));
    entries.add(mambaIR("car", MambaIRConfig.CAR));
    entries.add(
        new Entry(
            "mambair_realdn",
            "MambaIR",
            Task.REAL_DENOISING,
            List.of("MambaIR_realDN"),
            arguments -> new MambaIRUNet(MambaIRUNetConfig.REAL_DN.with(arguments))));
    entries.add(mambaIRv2("light_x2", MambaIRv2Config.LIGHT_X2, "MambaIRv2_light2"));
    entries.add(mambaIRv2("light_x3", MambaIRv2Config.LIGHT_X3, "MambaIRv2_light3"));
    entries.add(mambaIRv2("light_x4", MambaIRv2Config.LIGHT_X4, "MambaIRv2_light4"));
    entries.add(mambaIRv2("srsmall_x2", MambaIRv2Config.SR_SMALL_X2));
    entries.add(mambaIRv2("srsmall_x3", MambaIRv2Config.SR_SMALL_X3));
    entries.add(mambaIRv2("srsmall_x4", MambaIRv2Config.SR_SMALL_X4));
    entries.add(mambaIRv2("sr_x2", MambaIRv2Config.SR_X2, "MambaIRv2_SR2"));
    entries.add(mambaIRv2("sr_x3", MambaIRv2Config.SR_X3, "MambaIRv2_SR3"));
    entries.add(mambaIRv2("sr_x4", MambaIRv2Config.SR_X4, "MambaIRv2_SR4"));
    entries.add(mambaIRv2("srlarge_x2", MambaIRv2Config.SR_LARGE_X2));
    entries.add(mambaIRv2("srlarge_x3", MambaIRv2Config.SR_LARGE_X3));
    entries.add(mambaIRv2("srlarge_x4", MambaIRv2Config.SR_LARGE_X4));
    entries.add(mambaIRv2("colordn", MambaIRv2Config.COLOR_DN, "MambaIRv2_guassian15"));
    entries.add(mambaIRv2("car", MambaIRv2Config.CAR));
    return entries;
  }

  private static Entry mambaIR(String variant, MambaIRConfig config, String... aliases) {
    return new Entry(
        "mambair_" + variant,
        "MambaIR",
        task(variant),
        List.of(aliases),
        arguments -> new MambaIR(config.with(arguments)));
  }

  private static Entry mambaIRv2(String variant, MambaIRv2Config config, String... aliases) {
    return new Entry(
        "mambairv2_" + variant,
        "MambaIRv2",
        task(variant),
        List.of(aliases),
        arguments -> new MambaIRv2(config.with(arguments)));
  }

  private static Task task(String variant) {
    return switch (variant) {
      case "colordn" -> Task.GAUSSIAN_DENOISING;
      case "car" -> Task.JPEG_ARTIFACTS;
      default -> Task.SUPER_RESOLUTION;
    };
  }
}
