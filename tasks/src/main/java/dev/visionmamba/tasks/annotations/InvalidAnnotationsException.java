package dev.visionmamba.tasks.annotations;

import java.io.IOException;
import java.io.Serial;

/**
 * A file of annotations or results that cannot be used: not JSON, cut short, or with entries that
 * contradict each other or themselves. The message is one line that names the file and the entry,
 * says what is wrong, and what to do about it.
 */
public final class InvalidAnnotationsException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * An error about one file.
   *
   * @param message one line: file, entry, what is wrong, what to do
   */
  public InvalidAnnotationsException(String message) {
    super(message);
  }

  /**
   * An error about one file with the exception that showed it.
   *
   * @param message one line: file, entry, what is wrong, what to do
   * @param cause what showed it
   */
  public InvalidAnnotationsException(String message, Throwable cause) {
    super(message, cause);
  }
}
