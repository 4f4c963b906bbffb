package dev.visionmamba.backbones.layers;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** A network's parameters as tensors by their published names. */
public final class StateDict {
  /** An error names so many tensors of a kind, and counts the rest. */
  private static final int LISTED = 5;

  /** How PyTorch's batch norms count their training steps; nothing reads it. */
  private static final String COUNTER = "num_batches_tracked";

  private StateDict() {}

  /**
   * Fills a network with tensors. Strict: every parameter must be there, in its shape, and nothing
   * else but the step counters of the network's batch norms, which are left out. The tensors become
   * the parameters; nothing is copied, but float16 and float64 are converted, and what lies on
   * another device than the manager's goes there.
   *
   * @param network the network
   * @param tensors by name; they move to the manager
   * @param manager where the parameters live
   * @throws MalformedModelException if tensors are missing, unexpected, misshapen or not
   *     floating-point; the message lists them all
   */
  public static void load(NamedBlock network, Map<String, NDArray> tensors, NDManager manager)
      throws MalformedModelException {
    Map<String, NDArray> adapted = new LinkedHashMap<>(tensors);
    network.adapt(adapted);
    dropCounters(network, adapted);
    check(network, adapted);
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray tensor =
          adapted
              .get(named.getKey())
              .toType(DataType.FLOAT32, false)
              .toDevice(manager.getDevice(), false);
      Parameter parameter = named.getValue();
      if (parameter.isInitialized() && parameter.getArray() == tensor) {
        tensor.attach(manager); // loaded before
        continue;
      }
      parameter.close();
      // A parameter takes its array only from an initializer.
      parameter.setInitializer(
          (owner, shape, type) -> {
            tensor.attach(owner);
            return tensor;
          });
      parameter.initialize(manager, DataType.FLOAT32);
    }
  }

  private static void dropCounters(NamedBlock network, Map<String, NDArray> tensors) {
    Set<String> parameters = new HashSet<>(network.getParameters().keys());
    tensors
        .keySet()
        .removeIf(
            name ->
                name.endsWith(COUNTER)
                    && parameters.contains(
                        name.substring(0, name.length() - COUNTER.length()) + "running_mean"));
  }

  private static void check(NamedBlock network, Map<String, NDArray> tensors)
      throws MalformedModelException {
    Set<String> unexpected = new LinkedHashSet<>(tensors.keySet());
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      NDArray tensor = tensors.get(named.getKey());
      unexpected.remove(named.getKey());
      if (tensor == null) {
        missing.add(named.getKey());
      } else if (!tensor.getShape().equals(named.getValue().getShape())) {
        misshapen.add(
            named.getKey()
                + " is "
                + tensor.getShape()
                + " but must be "
                + named.getValue().getShape());
      } else if (!tensor.getDataType().isFloating()) {
        misshapen.add(named.getKey() + " is " + tensor.getDataType() + " but must be float32");
      }
    }
    List<String> problems = new ArrayList<>();
    describe("missing", missing, problems);
    describe("unexpected", new ArrayList<>(unexpected), problems);
    describe("misshapen", misshapen, problems);
    if (!problems.isEmpty()) {
      throw new MalformedModelException(
          "the weights do not fit the network: " + String.join("; ", problems));
    }
  }

  private static void describe(String kind, List<String> names, List<String> problems) {
    if (!names.isEmpty()) {
      String listed = names.stream().limit(LISTED).collect(Collectors.joining(", "));
      String more = names.size() > LISTED ? ", and " + (names.size() - LISTED) + " more" : "";
      problems.add(names.size() + " " + kind + " (" + listed + more + ")");
    }
  }

  /**
   * A network's parameters.
   *
   * @param network an initialised network
   * @return the parameters' own arrays by name, in the order of the state dict
   */
  public static Map<String, NDArray> of(NamedBlock network) {
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    for (Pair<String, Parameter> named : network.getParameters()) {
      tensors.put(named.getKey(), named.getValue().getArray());
    }
    return tensors;
  }
}
