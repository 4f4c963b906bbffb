package dev.visionmamba.zoo.checkpoint;

import static dev.visionmamba.zoo.checkpoint.CheckpointException.quote;

import dev.visionmamba.zoo.checkpoint.Pickled.Dict;
import dev.visionmamba.zoo.checkpoint.Pickled.Global;
import dev.visionmamba.zoo.checkpoint.Pickled.Opaque;
import dev.visionmamba.zoo.checkpoint.Pickled.Sequence;
import dev.visionmamba.zoo.checkpoint.Pickled.Storage;
import dev.visionmamba.zoo.checkpoint.Pickled.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The closed table of what a pickle may call: containers, PyTorch's tensors and small values. A
 * call of anything else gives an inert {@link Opaque} and its name is noted.
 */
final class PickledCalls {
  private static final String REBUILD = "torch._utils._rebuild_";
  private static final int NAMES_LIMIT = 1000;

  private final Set<String> inertNames = new TreeSet<>();

  private final Map<String, TorchType> storageTypes = new HashMap<>();

  /** The element type of every storage that was named. */
  Map<String, TorchType> storageTypes() {
    return Collections.unmodifiableMap(storageTypes);
  }

  /** The names that were called, or made objects of, without being in the table. */
  Set<String> inertNames() {
    return Collections.unmodifiableSet(inertNames);
  }

  Object call(Object function, Object arguments, Unpickler unpickler) throws CheckpointException {
    if (!(function instanceof Global global) || !(arguments instanceof Sequence sequence)) {
      return inert("?", arguments); // a method or an object that would be called
    }
    return call(global.name(), sequence.items, unpickler);
  }

  private Object call(String name, List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    return switch (name) {
      case "collections.OrderedDict", "builtins.dict", "__builtin__.dict" ->
          dictionary(arguments, unpickler);
      case "collections.defaultdict", "collections.Counter" ->
          dictionary(arguments.subList(Math.min(1, arguments.size()), arguments.size()), unpickler);
      case "builtins.set",
          "__builtin__.set",
          "builtins.frozenset",
          "__builtin__.frozenset",
          "builtins.list",
          "__builtin__.list",
          "builtins.tuple",
          "__builtin__.tuple",
          "torch.Size" ->
          sequence(arguments, unpickler);
      case "torch.device", "torch.serialization._get_layout" -> join(arguments, unpickler);
      case "_codecs.encode" -> encoded(name, arguments, unpickler);
      case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar" ->
          numpyScalar(name, arguments);
      case REBUILD + "tensor", REBUILD + "tensor_v2", REBUILD + "tensor_v3" ->
          tensor(name, arguments, unpickler);
      case REBUILD + "parameter", REBUILD + "parameter_with_state" ->
          arguments.isEmpty() ? inert(name, arguments) : arguments.get(0);
      case "torch._tensor._rebuild_from_type_v2" -> ofType(name, arguments, unpickler);
      default -> inert(name, new Sequence(arguments));
    };
  }

  private Opaque inert(String name, Object arguments) {
    if (inertNames.size() < NAMES_LIMIT) {
      inertNames.add(name);
    }
    return new Opaque(name, arguments);
  }

  private static Dict dictionary(List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    Dict dict = unpickler.dict();
    if (!arguments.isEmpty() && arguments.get(0) instanceof Sequence pairs) {
      for (Object pair : pairs.items) {
        if (!(pair instanceof Sequence entry) || entry.items.size() != 2) {
          throw unpickler.damaged("makes a dictionary of what are no pairs");
        }
        unpickler.putAll(dict, entry.items);
      }
    } else if (!arguments.isEmpty() && arguments.get(0) instanceof Dict other) {
      unpickler.charge(100L * (other.texts.size() + other.numbers.size()));
      dict.texts.putAll(other.texts);
      dict.numbers.putAll(other.numbers);
    }
    return dict;
  }

  private static Sequence sequence(List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    if (arguments.isEmpty() || !(arguments.get(0) instanceof Sequence items)) {
      return new Sequence(new ArrayList<>(0));
    }
    unpickler.charge(16L * items.items.size());
    return new Sequence(new ArrayList<>(items.items));
  }

  /** {@code device('cuda', 0)} is cuda:0. */
  private static String join(List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    StringBuilder joined = new StringBuilder();
    for (Object argument : arguments) {
      if (argument instanceof String || argument instanceof Long) {
        joined.append(joined.length() == 0 ? "" : ":").append(argument);
        unpickler.charge(2L * joined.length());
      }
    }
    return joined.toString();
  }

  /** How protocol 2 writes bytes: as a text of their values. */
  private Object encoded(String name, List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    if (arguments.size() == 2
        && arguments.get(0) instanceof String text
        && ("latin1".equals(arguments.get(1)) || "latin-1".equals(arguments.get(1)))) {
      unpickler.charge(text.length());
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }
    return arguments.isEmpty() ? inert(name, new Sequence(arguments)) : arguments.get(0);
  }

  /** A number or truth value, of little-endian bytes; of any other dtype it stays inert. */
  private Object numpyScalar(String name, List<Object> arguments) {
    if (arguments.size() == 2
        && arguments.get(0) instanceof Opaque dtype
        && dtype.arguments instanceof Sequence of
        && !of.items.isEmpty()
        && of.items.get(0) instanceof String type
        && arguments.get(1) instanceof byte[] value
        && type.endsWith(String.valueOf(value.length))) {
      ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
      switch (type) {
        case "f8":
          return bytes.getDouble();
        case "f4":
          return (double) bytes.getFloat();
        case "i8":
          return bytes.getLong();
        case "i4":
          return (long) bytes.getInt();
        case "b1":
          return bytes.get() != 0;
        default:
          break;
      }
    }
    return inert(name, new Sequence(arguments));
  }

  /** A tensor of a subclass or with attributes of its own, which are dropped. */
  private Object ofType(String name, List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    if (arguments.size() == 4
        && arguments.get(0) instanceof Global rebuild
        && rebuild.name().startsWith(REBUILD)
        && arguments.get(2) instanceof Sequence inner) {
      return call(rebuild.name(), inner.items, unpickler);
    }
    return inert(name, new Sequence(arguments));
  }

  /**
   * {@code (storage, offset, shape, strides, ...)}; in the third version the seventh argument is
   * the dtype.
   */
  private static Tensor tensor(String name, List<Object> arguments, Unpickler unpickler)
      throws CheckpointException {
    boolean typed = name.endsWith("_v3");
    if (arguments.size() < (typed ? 7 : 4)
        || !(arguments.get(0) instanceof Storage storage)
        || !(arguments.get(1) instanceof Long offset)
        || !(arguments.get(2) instanceof Sequence sizes)
        || !(arguments.get(3) instanceof Sequence steps)) {
      throw unpickler.damaged("has a tensor whose parts are of other kinds than a tensor's");
    }
    TorchType type = storage.type();
    if (typed) {
      String dtype = arguments.get(6) instanceof Global global ? global.name() : "?";
      type =
          TorchType.ofDtype(dtype)
              .orElseThrow(() -> unpickler.damaged("has a tensor of the type " + quote(dtype)));
    }
    long[] shape = numbers(sizes, "shape", unpickler);
    long[] strides = numbers(steps, "strides", unpickler);
    if (shape.length != strides.length) {
      throw unpickler.damaged(
          "has a tensor of " + shape.length + " dimensions and " + strides.length + " strides");
    }
    if (offset < 0) {
      throw unpickler.damaged("has a tensor that starts before its storage");
    }
    Tensor tensor = new Tensor(storage, type, shape, strides, offset);
    long available = storage.elements() * storage.type().bytes() / type.bytes();
    if (!ViewBounds.fits(shape, strides, offset, available)) {
      throw unpickler.damaged(
          String.format(
              "has a tensor of shape %s, strides %s and offset %d that is not within its storage of"
                  + " %d elements",
              List.of(box(shape)), List.of(box(strides)), offset, available));
    }
    return tensor;
  }

  private static Long[] box(long[] values) {
    Long[] boxed = new Long[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }

  private static long[] numbers(Sequence sequence, String what, Unpickler unpickler)
      throws CheckpointException {
    if (sequence.items.size() > SafetensorsHeaderParser.MAX_RANK) {
      throw unpickler.damaged(
          "has a tensor of more than " + SafetensorsHeaderParser.MAX_RANK + " dimensions");
    }
    long[] numbers = new long[sequence.items.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(sequence.items.get(i) instanceof Long number) || number < 0) {
        throw unpickler.damaged("has a tensor whose " + what + " has no number of at least 0");
      }
      numbers[i] = number;
    }
    return numbers;
  }

  /**
   * What a persistent id stands for: {@code ("storage", class, key, location, elements)}, in the
   * old format with a part of the storage as a sixth, {@code (key, first, elements)}.
   */
  Object persistent(Object id, Unpickler unpickler) throws CheckpointException {
    if (!(id instanceof Sequence sequence) || sequence.items.size() < 5) {
      throw unpickler.damaged("has a persistent id that is no storage's");
    }
    List<Object> parts = sequence.items;
    if ("module".equals(parts.get(0))) {
      return parts.get(1); // a module's class, with its source
    }
    if (!"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof Global type)
        || !(parts.get(2) instanceof String key)
        || !(parts.get(4) instanceof Long elements)) {
      throw unpickler.damaged("has a persistent id that is no storage's");
    }
    TorchType elementType =
        TorchType.ofStorage(type.name())
            .orElseThrow(
                () -> unpickler.damaged("has a storage of the class " + quote(type.name())));
    if (elements < 0 || elements > Long.MAX_VALUE / elementType.bytes()) {
      throw unpickler.damaged("has a storage of " + elements + " elements");
    }
    unpickler.charge(64);
    storageTypes.put(key, elementType);
    if (parts.size() > 5 && parts.get(5) instanceof Sequence view) {
      if (view.items.size() != 3
          || !(view.items.get(1) instanceof Long first)
          || !(view.items.get(2) instanceof Long part)
          || first < 0
          || part < 0
          || first > elements - part) {
        throw unpickler.damaged("has a part of a storage that is not within it");
      }
      return new Storage(key, elementType, first, part);
    }
    return new Storage(key, elementType, 0, elements);
  }
}
