package dev.visionmamba.zoo.download;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * Is told how a download goes, by the thread that asked for it. Every method does nothing unless it
 * is overridden; none is called for a file that is in the cache already.
 */
public interface DownloadListener {
  /** Listens to nothing. */
  DownloadListener NONE = new DownloadListener() {};

  /**
   * Another thread or process is fetching the same file; this one waits for it.
   *
   * @param name the checkpoint's name
   */
  default void waiting(String name) {}

  /**
   * A server begins to send.
   *
   * @param name the checkpoint's name
   * @param url where it comes from
   * @param received bytes that are here already, from an earlier attempt
   * @param total the file's size in bytes, if the server says it
   */
  default void started(String name, URI url, long received, OptionalLong total) {}

  /**
   * More has arrived and is on the disk.
   *
   * @param bytes of the file so far, those of earlier attempts too
   */
  default void received(long bytes) {}

  /**
   * An attempt has failed and will be repeated.
   *
   * @param problem what went wrong
   * @param pause how long until the next attempt
   */
  default void retrying(String problem, Duration pause) {}

  /**
   * The file is whole, verified and under its final name.
   *
   * @param file the file
   */
  default void finished(Path file) {}
}
