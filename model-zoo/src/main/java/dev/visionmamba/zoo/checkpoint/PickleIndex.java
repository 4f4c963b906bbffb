package dev.visionmamba.zoo.checkpoint;

import dev.visionmamba.zoo.checkpoint.Pickled.Dict;
import dev.visionmamba.zoo.checkpoint.Pickled.Global;
import dev.visionmamba.zoo.checkpoint.Pickled.Omitted;
import dev.visionmamba.zoo.checkpoint.Pickled.Opaque;
import dev.visionmamba.zoo.checkpoint.Pickled.Sequence;
import dev.visionmamba.zoo.checkpoint.Pickled.Tensor;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Walks through what a pickle holds: finds the tensors by the keys on the way to them, and prints
 * the rest. A pickled module counts as the dictionary of its parameters, buffers and children.
 */
final class PickleIndex {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_VISITS = 1_000_000;
  private static final int MAX_CHARACTERS = 20_000_000;
  private static final int MAX_VALUES = 1_000;
  private static final int VALUE_DEPTH = 3;
  private static final int PRINTED = 200;
  private static final Set<String> MODULE_PARTS = Set.of("_parameters", "_buffers", "_modules");

  /**
   * A tensor where it was found.
   *
   * @param name the keys on the way, joined by dots
   * @param value a {@link Tensor}, or an {@link Opaque} that PyTorch would make a tensor of
   */
  record Found(String name, Object value) {}

  private final String file;
  private final List<Found> tensors = new ArrayList<>();
  private final Map<String, String> values = new LinkedHashMap<>();
  private final Set<String> containers = new LinkedHashSet<>();
  private int visits;
  private long characters;

  private PickleIndex(String file) {
    this.file = file;
  }

  static PickleIndex of(Object root, String file) throws CheckpointException {
    PickleIndex index = new PickleIndex(file);
    index.visit("", root, 0);
    return index;
  }

  List<Found> tensors() {
    return tensors;
  }

  /** Everything else of the first three levels, printed, by the keys on the way. */
  Map<String, String> values() {
    return values;
  }

  /** The keys on the way to every dictionary and list that holds tensors at some depth. */
  Set<String> containers() {
    return containers;
  }

  /** Returns whether there is a tensor. */
  private boolean visit(String path, Object value, int depth) throws CheckpointException {
    visits++;
    characters += path.length();
    if (visits > MAX_VISITS || characters > MAX_CHARACTERS) {
      throw new CheckpointException(
          file,
          "holds more than "
              + MAX_VISITS
              + " values, counted where they are shown again, or too"
              + " long names",
          PickleSource.DAMAGED);
    }
    if (value instanceof Tensor
        || value instanceof Opaque opaque && opaque.name.startsWith("torch._utils._rebuild_")) {
      if (tensors.size() == SafetensorsHeaderParser.MAX_TENSORS) {
        throw new CheckpointException(
            file,
            "holds more than " + SafetensorsHeaderParser.MAX_TENSORS + " tensors",
            PickleSource.DAMAGED);
      }
      tensors.add(new Found(path, value));
      return true;
    }
    boolean found = depth < MAX_DEPTH && visitParts(path, value, depth);
    if (found) {
      containers.add(path);
    } else if (depth > 0 && depth <= VALUE_DEPTH && values.size() < MAX_VALUES) {
      addValue(path, value, depth);
    }
    return found;
  }

  private boolean visitParts(String path, Object value, int depth) throws CheckpointException {
    boolean found = false;
    if (value instanceof Dict dict) {
      found = visitEntries(path, dict, depth);
    } else if (value instanceof Sequence sequence) {
      // A list without tensors is one value, so its items are none.
      int below = Math.max(depth, VALUE_DEPTH) + 1;
      for (int i = 0; i < sequence.items.size(); i++) {
        if (!isPlain(sequence.items.get(i))) {
          found |= visit(join(path, String.valueOf(i)), sequence.items.get(i), below);
        }
      }
    } else if (value instanceof Opaque opaque) {
      found = visitEntries(path, opaque.entries, depth);
      for (Object state : opaque.states) {
        if (state instanceof Dict attributes) {
          found |= visitEntries(path, attributes, depth);
        }
      }
    }
    return found;
  }

  private boolean visitEntries(String path, Dict dict, int depth) throws CheckpointException {
    boolean found = false;
    boolean module = dict.texts.containsKey("_parameters") && dict.texts.containsKey("_modules");
    for (Map.Entry<String, Object> entry : dict.texts.entrySet()) {
      boolean part = module && MODULE_PARTS.contains(entry.getKey());
      String name = part ? path : join(path, entry.getKey());
      found |= visit(name, entry.getValue(), depth + 1);
    }
    for (Map.Entry<Long, Object> entry : dict.numbers.entrySet()) {
      found |= visit(join(path, String.valueOf(entry.getKey())), entry.getValue(), depth + 1);
    }
    return found;
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static boolean isPlain(Object value) {
    return !(value instanceof Dict
        || value instanceof Sequence
        || value instanceof Opaque
        || value instanceof Tensor);
  }

  /** A dictionary's entries have been added one by one; what else there is, is one value. */
  private void addValue(String path, Object value, int depth) {
    boolean listed =
        value instanceof Dict dict && !(dict.texts.isEmpty() && dict.numbers.isEmpty());
    if (!listed || depth == VALUE_DEPTH) {
      StringBuilder out = new StringBuilder();
      print(value, out, 0);
      values.putIfAbsent(path, out.toString());
    }
  }

  /** Prints the beginning of a value. */
  private static void print(Object value, StringBuilder out, int depth) {
    if (out.length() > PRINTED) {
      if (!out.toString().endsWith("...")) {
        out.append("...");
      }
    } else if (value instanceof String text) {
      out.append(text, 0, Math.min(text.length(), PRINTED));
      out.append(text.length() > PRINTED ? "..." : "");
    } else if (value instanceof byte[] bytes) {
      out.append(HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, 16)));
      out.append(bytes.length > 16 ? "... (" + bytes.length + " bytes)" : "");
    } else if (value instanceof Global global) {
      out.append(global.name());
    } else if (value instanceof Omitted omitted) {
      out.append(omitted.what()).append(" of ").append(omitted.length()).append(" bytes");
    } else if (value instanceof Sequence sequence) {
      printItems(sequence.items, out, depth);
    } else if (value instanceof Opaque opaque) {
      out.append(opaque.name);
      if (!opaque.states.isEmpty()) {
        printItems(opaque.states, out, depth);
      } else if (opaque.arguments != null) {
        print(opaque.arguments, out, depth + 1);
      }
    } else if (value instanceof Dict dict) {
      out.append('{');
      String separator = "";
      for (Map.Entry<String, Object> entry : dict.texts.entrySet()) {
        if (out.length() > PRINTED || depth > VALUE_DEPTH) {
          out.append("...");
          break;
        }
        out.append(separator).append(entry.getKey()).append(": ");
        print(entry.getValue(), out, depth + 1);
        separator = ", ";
      }
      out.append('}');
    } else if (value instanceof Tensor tensor) {
      out.append("tensor ").append(tensor.type().dtype());
    } else {
      out.append(value == null ? "None" : value);
    }
  }

  private static void printItems(List<Object> items, StringBuilder out, int depth) {
    out.append('(');
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      if (out.length() > PRINTED || depth > VALUE_DEPTH) {
        out.append("...");
        break;
      }
      print(items.get(i), out, depth + 1);
    }
    out.append(')');
  }
}
