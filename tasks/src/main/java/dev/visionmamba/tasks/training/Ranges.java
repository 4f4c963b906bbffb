package dev.visionmamba.tasks.training;

/**
 * Checks of options. A class of its own: the options' constants are made of each other, so none of
 * them may be loaded by another's check.
 */
final class Ranges {
  private Ranges() {}

  /**
   * Demands something of an option.
   *
   * @throws IllegalArgumentException naming the option and its value
   */
  static void require(boolean holds, String what, Object value) {
    if (!holds) {
      throw new IllegalArgumentException("the " + what + " cannot be " + value);
    }
  }
}
