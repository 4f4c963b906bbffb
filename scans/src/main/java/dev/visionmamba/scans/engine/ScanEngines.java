package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engines that are present, and the choice among them. */
public final class ScanEngines {

  /**
   * Names the engine to be used wherever it supports the arrays: "vector", "plain", "cuda",
   * "ndarray".
   */
  public static final String PROPERTY = "visionmamba.engine";

  private static final Logger LOGGER = LoggerFactory.getLogger(ScanEngines.class);

  /** The engine that is named for all, or null. */
  private static final String FORCED = System.getProperty(PROPERTY);

  private static final List<ScanEngine> AVAILABLE = load();

  private ScanEngines() {}

  /**
   * The engines that can work on this machine.
   *
   * @return the preferred first
   * @throws IllegalArgumentException if the property names none; the message lists those that there
   *     are
   */
  public static List<ScanEngine> available() {
    if (FORCED != null && !AVAILABLE.get(0).name().equals(FORCED)) {
      throw new IllegalArgumentException(
          "-D"
              + PROPERTY
              + "="
              + FORCED
              + " names no scan engine of this machine; there are: "
              + names());
    }
    return AVAILABLE;
  }

  /**
   * The engine of a name.
   *
   * @param name as {@link ScanEngine#name()} gives it
   * @return the engine
   * @throws IllegalArgumentException if there is none; the message lists those that there are
   */
  public static ScanEngine named(String name) {
    return AVAILABLE.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no scan engine \"" + name + "\" on this machine; there are: " + names()));
  }

  private static String names() {
    return AVAILABLE.stream().map(ScanEngine::name).collect(Collectors.joining(", "));
  }

  /**
   * The best engine for an operator's arrays.
   *
   * @param arrays every operand
   * @param differentiable whether autograd must see through the operator
   * @return the forced engine if it will do, else the first that does
   * @throws IllegalArgumentException if none does; the message lists the arrays' types and devices;
   *     or if the property names none, and then those that there are
   */
  public static ScanEngine choose(NDList arrays, boolean differentiable) {
    for (ScanEngine engine : available()) {
      if ((!differentiable || engine.isDifferentiable()) && supportsAll(engine, arrays)) {
        return engine;
      }
    }
    throw new IllegalArgumentException(
        "no scan engine works on "
            + arrays.stream()
                .map(array -> array.getDataType() + " on " + array.getDevice())
                .distinct()
                .collect(Collectors.joining(" with ")));
  }

  /** No stream: this is asked for every operator of a network. */
  private static boolean supportsAll(ScanEngine engine, NDList arrays) {
    for (NDArray array : arrays) {
      if (!engine.supports(array.getDevice(), array.getDataType())) {
        return false;
      }
    }
    return true;
  }

  private static List<ScanEngine> load() {
    List<ScanEngine> engines = new ArrayList<>();
    CpuEngine.vector().map(HalfPrecision::new).ifPresent(engines::add);
    engines.add(new HalfPrecision(CpuEngine.plain()));
    engines.add(new HalfPrecision(new NDArrayEngine()));
    ServiceLoader.load(ScanEngine.class, ScanEngines.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(ScanEngine::isAvailable)
        .forEach(engines::add);
    engines.sort(Comparator.comparingInt(ScanEngine::priority).reversed());
    if (FORCED != null) {
      engines.sort(Comparator.comparing(engine -> !engine.name().equals(FORCED)));
    } else if (engines.get(0).name().equals(CpuEngine.PLAIN)) {
      LOGGER.warn(
          "Scans run without vector instructions, several times slower. Start java with"
              + " --add-modules jdk.incubator.vector");
    }
    LOGGER.info("Scan engine: {}", engines.get(0).name());
    return List.copyOf(engines);
  }
}
