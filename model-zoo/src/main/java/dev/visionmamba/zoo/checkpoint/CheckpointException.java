package dev.visionmamba.zoo.checkpoint;

import java.io.IOException;

/**
 * Thrown when a weights file cannot be used: it is missing, damaged, of another format, or holds
 * what this library does not support.
 *
 * <p>The message is one line: which file, what is wrong and where (tensor name, byte offset), and
 * what to do. Text that came out of the file is quoted with {@link #quote}, so a hostile file
 * cannot forge lines of a log or flood it.
 */
public final class CheckpointException extends IOException {
  private static final int QUOTED_LIMIT = 100;
  private static final int MESSAGE_LIMIT = 2000;

  /**
   * Creates the exception.
   *
   * @param file the file's name, as the user knows it
   * @param problem what is wrong and where, without a full stop
   * @param remedy what the user can do about it, as an imperative
   */
  public CheckpointException(String file, String problem, String remedy) {
    this(file, problem, remedy, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param file the file's name, as the user knows it
   * @param problem what is wrong and where, without a full stop
   * @param remedy what the user can do about it, as an imperative
   * @param cause the failure underneath, or null
   */
  public CheckpointException(String file, String problem, String remedy, Throwable cause) {
    super(escape(file + ": " + problem + "; " + remedy, MESSAGE_LIMIT), cause);
  }

  /**
   * Quotes a text that came out of a file for use in a message: control, formatting and other
   * invisible characters become hexadecimal escapes, and what is longer than 100 characters is cut.
   *
   * @param text any text, for instance a tensor's name
   * @return the text between double quotes, on one line
   */
  public static String quote(String text) {
    return '"' + escape(text, QUOTED_LIMIT) + '"';
  }

  private static String escape(String text, int limit) {
    int end = Math.min(text.length(), limit);
    StringBuilder out = new StringBuilder(end + 32);
    for (int i = 0; i < end; ) {
      int c = text.codePointAt(i);
      if (isVisible(c)) {
        out.appendCodePoint(c);
      } else {
        out.append(String.format(c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
      }
      i += Character.charCount(c);
    }
    if (end < text.length()) {
      out.append("... (").append(text.length()).append(" characters)");
    }
    return out.toString();
  }

  private static boolean isVisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
