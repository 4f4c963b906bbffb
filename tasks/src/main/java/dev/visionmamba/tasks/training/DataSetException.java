package dev.visionmamba.tasks.training;

import java.io.IOException;

/**
 * Thrown when the files of a data set are missing or damaged. The message says which file or
 * folder, what is wrong with it, and what to do.
 */
public final class DataSetException extends IOException {
  /**
   * Creates the exception.
   *
   * @param message which file, what is wrong, what to do
   * @param cause the failure underneath, or null
   */
  public DataSetException(String message, Throwable cause) {
    super(message, cause);
  }
}
