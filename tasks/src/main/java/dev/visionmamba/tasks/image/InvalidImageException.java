package dev.visionmamba.tasks.image;

import java.io.IOException;
import java.io.Serial;

/**
 * Bytes that are no usable image: not an image at all, of an unknown or unsupported kind, damaged,
 * cut short or too large. The message is one line that names the source, says what is wrong and
 * where, and what to do about it.
 */
public final class InvalidImageException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * An error about one source.
   *
   * @param message one line: source, what is wrong, where, what to do
   */
  public InvalidImageException(String message) {
    super(message);
  }

  /**
   * An error about one source with the exception that showed it.
   *
   * @param message one line: source, what is wrong, where, what to do
   * @param cause the decoder's own exception
   */
  public InvalidImageException(String message, Throwable cause) {
    super(message, cause);
  }
}
