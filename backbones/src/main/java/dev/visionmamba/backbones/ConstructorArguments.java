package dev.visionmamba.backbones;

import dev.visionmamba.scans.NearestName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The arguments of a reference's constructor, by its names: a variant's, some of them replaced.
 * Each is read with the type and the range that it must have.
 */
public final class ConstructorArguments {
  private static final int LARGEST = 1_000_000;

  private final String family;
  private final Map<String, Object> values = new LinkedHashMap<>();

  /**
   * Arguments to be read.
   *
   * @param family the family's name, for messages
   * @param variant every argument that the family knows, with the variant's values
   * @param replaced values that differ
   * @throws IllegalArgumentException if the family knows no argument of a name
   */
  public ConstructorArguments(String family, Map<String, Object> variant, Map<String, ?> replaced) {
    this.family = family;
    values.putAll(variant);
    replaced.forEach(
        (name, value) -> {
          if (!variant.containsKey(name)) {
            throw new IllegalArgumentException(
                String.format(
                    "%s has no argument \"%s\"; did you mean %s? It has %s",
                    family,
                    name,
                    NearestName.of(name, variant.keySet()),
                    String.join(", ", new TreeSet<>(variant.keySet()))));
          }
          values.put(name, value);
        });
  }

  /**
   * A whole number.
   *
   * @param name the argument
   * @param least the least that it may be
   * @return its value
   * @throws IllegalArgumentException if it is something else or less
   */
  public int integer(String name, int least) {
    return integer(name, values.get(name), least);
  }

  private static int integer(String name, Object value, int least) {
    double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
    if (number != Math.rint(number) || number < least || number > LARGEST) {
      throw new IllegalArgumentException(
          name + " must be a whole number from " + least + " on, got " + value);
    }
    return (int) number;
  }

  /**
   * A number.
   *
   * @param name the argument
   * @param least the least that it may be
   * @return its value
   * @throws IllegalArgumentException if it is something else, less, or not finite
   */
  public double number(String name, double least) {
    return number(name, values.get(name), least);
  }

  private static double number(String name, Object value, double least) {
    double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
    if (!(number >= least && number <= LARGEST)) {
      throw new IllegalArgumentException(
          name + " must be a number from " + least + " on, got " + value);
    }
    return number;
  }

  /**
   * True or false.
   *
   * @param name the argument
   * @return its value
   * @throws IllegalArgumentException if it is something else
   */
  public boolean bool(String name) {
    if (values.get(name) instanceof Boolean bool) {
      return bool;
    }
    throw new IllegalArgumentException(name + " must be true or false, got " + values.get(name));
  }

  /**
   * Some whole numbers.
   *
   * @param name the argument
   * @param least the least that one may be
   * @return its value
   * @throws IllegalArgumentException if it is something else
   */
  public List<Integer> integers(String name, int least) {
    if (values.get(name) instanceof List<?> list) {
      return list.stream().map(value -> integer(name, value, least)).toList();
    }
    throw new IllegalArgumentException(
        name + " must be a list of whole numbers, got " + values.get(name));
  }

  /**
   * Some numbers: a list of them, or a single one.
   *
   * @param name the argument
   * @param least the least that one may be
   * @return its value
   * @throws IllegalArgumentException if it is something else
   */
  public List<Double> numbers(String name, double least) {
    if (values.get(name) instanceof List<?> list) {
      return list.stream().map(value -> number(name, value, least)).toList();
    }
    if (values.get(name) instanceof Number) {
      return List.of(number(name, values.get(name), least));
    }
    throw new IllegalArgumentException(
        name + " must be a list of numbers, got " + values.get(name));
  }

  /**
   * A size: one whole number for a square, or a list of height and width.
   *
   * @param name the argument
   * @return its height and its width, at least 1 each
   * @throws IllegalArgumentException if it is something else
   */
  public List<Integer> size(String name) {
    if (!(values.get(name) instanceof List)) {
      int side = integer(name, 1);
      return List.of(side, side);
    }
    List<Integer> size = integers(name, 1);
    if (size.size() != 2) {
      throw new IllegalArgumentException(
          name + " must be a number or a height and a width, got " + size);
    }
    return size;
  }

  /**
   * An argument that is an object of arguments, some of which may be left as they are.
   *
   * @param name the argument
   * @param variant every argument that the object knows, with the variant's values
   * @return the object's arguments
   * @throws IllegalArgumentException if it is something else or knows no argument of a name
   */
  public ConstructorArguments nested(String name, Map<String, Object> variant) {
    if (!(values.get(name) instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(name + " must be an object, got " + values.get(name));
    }
    Map<String, Object> replaced = new LinkedHashMap<>();
    map.forEach((key, value) -> replaced.put(String.valueOf(key), value));
    return new ConstructorArguments(name, variant, replaced);
  }

  /**
   * One of some words.
   *
   * @param name the argument
   * @param words those that are supported
   * @return its value
   * @throws IllegalArgumentException if it is something else
   */
  public String word(String name, List<String> words) {
    Object value = values.get(name);
    if (value instanceof String word && words.contains(word)) {
      return word;
    }
    throw new IllegalArgumentException(
        String.format(
            "%s = %s is not supported by %s; it may be %s",
            name, value, family, String.join(" or ", words)));
  }

  /**
   * An argument as it was given.
   *
   * @param name the argument
   * @return its value, or null
   */
  public Object value(String name) {
    return values.get(name);
  }
}
