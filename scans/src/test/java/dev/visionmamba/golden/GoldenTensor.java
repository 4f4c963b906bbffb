package dev.visionmamba.golden;

import java.nio.charset.StandardCharsets;

/**
 * A tensor regenerated from its name: element i is offset + scale * u(name, i), computed in float64
 * and rounded to float32.
 *
 * @param name the tensor's name, the seed of its values
 * @param shape its shape
 * @param offset the middle of its values
 * @param scale half their range
 * @param values the values where they are given outright, else null
 */
public record GoldenTensor(String name, long[] shape, double offset, double scale, float[] values) {

  /** How many elements. */
  public int size() {
    long size = 1;
    for (long length : shape) {
      size *= length;
    }
    return Math.toIntExact(size);
  }

  /** All elements in C order. */
  public float[] elements() {
    if (values != null) {
      return values;
    }
    float[] elements = new float[size()];
    long seed = fnv1a64(name);
    for (int i = 0; i < elements.length; i++) {
      elements[i] = (float) (offset + scale * uniform(seed, i));
    }
    return elements;
  }

  /** u(name, i), in [-1, 1). */
  static double uniform(String name, int i) {
    return uniform(fnv1a64(name), i);
  }

  private static double uniform(long seed, int i) {
    long bits = mix64(seed + (i + 1) * 0x9E3779B97F4A7C15L) >>> 40;
    return bits * 0x1p-23 - 1;
  }

  private static long fnv1a64(String name) {
    long hash = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001B3L;
    }
    return hash;
  }

  private static long mix64(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
