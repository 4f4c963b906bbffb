package dev.visionmamba.tasks.image;

import java.util.Arrays;
import java.util.Objects;

/**
 * Unsigned levels of 8 or of 16 bits in an array of just that width: what the samples of a {@link
 * DeepImage} are kept in. The array is held, not copied.
 */
public final class Levels {
  private final byte[] bytes;
  private final short[] shorts;

  private Levels(byte[] bytes, short[] shorts) {
    this.bytes = bytes;
    this.shorts = shorts;
  }

  /**
   * Levels of 8 bits.
   *
   * @param levels the levels, unsigned
   * @return levels over this array
   */
  public static Levels of(byte[] levels) {
    return new Levels(Objects.requireNonNull(levels, "levels"), null);
  }

  /**
   * Levels of 16 bits.
   *
   * @param levels the levels, unsigned
   * @return levels over this array
   */
  public static Levels of(short[] levels) {
    return new Levels(null, Objects.requireNonNull(levels, "levels"));
  }

  /**
   * Levels that are all 0.
   *
   * @param bits 8 or 16
   * @param length how many, 0 to {@link Integer#MAX_VALUE}
   * @return levels over an array of their own
   * @throws IllegalArgumentException if the bits are neither or the length is out of its range
   */
  public static Levels allocate(int bits, long length) {
    if (bits != 8 && bits != 16) {
      throw new IllegalArgumentException("bits must be 8 or 16, got " + bits);
    }
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "length must be 0 to " + Integer.MAX_VALUE + " levels, got " + length);
    }
    return bits == 8 ? of(new byte[(int) length]) : of(new short[(int) length]);
  }

  /**
   * How wide a level is.
   *
   * @return 8 or 16
   */
  public int bits() {
    return bytes != null ? 8 : 16;
  }

  /**
   * The highest level: white, or opaque.
   *
   * @return 255 or 65535
   */
  public int max() {
    return bytes != null ? 0xff : 0xffff;
  }

  /**
   * How many there are.
   *
   * @return at least 0
   */
  public int length() {
    return bytes != null ? bytes.length : shorts.length;
  }

  /**
   * One level.
   *
   * @param index 0 to {@link #length} - 1
   * @return 0 to {@link #max}
   * @throws ArrayIndexOutOfBoundsException if there is no such level
   */
  public int get(int index) {
    return bytes != null ? bytes[index] & 0xff : shorts[index] & 0xffff;
  }

  /**
   * Sets one level; only while an image is being made.
   *
   * @param index 0 to {@link #length} - 1
   * @param level 0 to {@link #max}; of other values only the low bits are kept
   * @throws ArrayIndexOutOfBoundsException if there is no such level
   */
  public void set(int index, int level) {
    if (bytes != null) {
      bytes[index] = (byte) level;
    } else {
      shorts[index] = (short) level;
    }
  }

  /** The array of 8-bit levels, or null. */
  byte[] bytes() {
    return bytes;
  }

  /** The array of 16-bit levels, or null. */
  short[] shorts() {
    return shorts;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Levels levels
        && Arrays.equals(bytes, levels.bytes)
        && Arrays.equals(shorts, levels.shorts);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(bytes) + Arrays.hashCode(shorts);
  }

  @Override
  public String toString() {
    return "Levels[" + length() + " of " + bits() + " bits]";
  }
}
