package dev.visionmamba.zoo.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a pickle holds, as data: null, {@link Boolean}, {@link Long}, {@link java.math.BigInteger},
 * {@link Double}, {@link String}, {@code byte[]}, and the types here. None of them compares or
 * prints what it contains, because a pickle can contain itself.
 */
final class Pickled {
  private Pickled() {}

  /** A name that the pickle refers to, {@code module.name}. It is never looked up. */
  record Global(String name) {}

  /** A text or bytes too long to keep. */
  record Omitted(String what, long length) {}

  /** A list, tuple or set. */
  static final class Sequence {
    final List<Object> items;

    Sequence(List<Object> items) {
      this.items = items;
    }
  }

  /** A dictionary in the order of its keys; a later equal text key replaces the earlier value. */
  static final class Dict {
    final Map<String, Object> texts = new LinkedHashMap<>();

    /** Values by keys that are whole numbers; entries of any other key are dropped. */
    final Map<Long, Object> numbers = new LinkedHashMap<>();

    void put(Object key, Object value) {
      if (key instanceof String text) {
        texts.put(text, value);
      } else if (key instanceof Long number) {
        numbers.put(number, value);
      }
    }
  }

  /** An object of a class outside the closed table: inert, with what it would have been made of. */
  static final class Opaque {
    final String name;
    final Object arguments;
    final List<Object> states = new ArrayList<>(1);
    final List<Object> items = new ArrayList<>(0);
    final Dict entries = new Dict();

    Opaque(String name, Object arguments) {
      this.name = name;
      this.arguments = arguments;
    }
  }

  /**
   * A run of elements that tensors show parts of.
   *
   * @param key its name in the file
   * @param type of the elements
   * @param first the first element that belongs to it, counted in the stored run
   * @param elements how many
   */
  record Storage(String key, TorchType type, long first, long elements) {}

  /**
   * A tensor: a view of a storage, checked to lie within it.
   *
   * @param storage what it shows
   * @param type of its elements
   * @param shape no dimension below 0
   * @param strides in elements, none below 0
   * @param offset its first element, counted from the storage's first
   */
  record Tensor(Storage storage, TorchType type, long[] shape, long[] strides, long offset) {}
}
