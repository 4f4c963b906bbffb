package dev.visionmamba.zoo.download;

import java.io.IOException;

/**
 * Thrown when a file cannot be fetched, or a fetched one can no longer be trusted. The message is
 * one line: which URL or file, what is wrong, and what to do. A file that was fetched in part stays
 * and is resumed next time, unless it was found to be wrong; under its final name there is never
 * but a whole and verified file.
 */
public final class DownloadException extends IOException {
  private static final int LIMIT = 2000;

  /**
   * Creates the exception.
   *
   * @param where the URL or the file
   * @param problem what is wrong, without a full stop
   * @param remedy what the user can do about it, as an imperative
   */
  public DownloadException(String where, String problem, String remedy) {
    this(where, problem, remedy, null);
  }

  /**
   * Creates the exception with a cause.
   *
   * @param where the URL or the file
   * @param problem what is wrong, without a full stop
   * @param remedy what the user can do about it, as an imperative
   * @param cause the failure underneath, or null
   */
  public DownloadException(String where, String problem, String remedy, Throwable cause) {
    super(oneLine(where + ": " + problem + "; " + remedy), cause);
  }

  /** Parts of the text come from servers: no line breaks or other invisible characters. */
  private static String oneLine(String text) {
    String line = text.replaceAll("\\s+", " ").replaceAll("\\p{C}", "?");
    return line.length() <= LIMIT ? line : line.substring(0, LIMIT) + "...";
  }
}
