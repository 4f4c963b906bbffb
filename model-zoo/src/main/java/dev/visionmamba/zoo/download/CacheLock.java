package dev.visionmamba.zoo.download;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Keeps all other threads and processes from what it guards. A process that dies loses its locks.
 * The lock files are empty and are never deleted: who deleted one would have a lock that others do
 * not see.
 */
final class CacheLock implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);

  // File locks belong to the whole JVM, and closing any channel of a file gives them up, so that
  // only one thread may have a lock file open. This is the one place that all of them share.
  private static final Map<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock threads;
  private final FileChannel channel;

  private CacheLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file the lock file; its folder is made
   * @param waiting run once if somebody else has the lock
   */
  static CacheLock acquire(Path file, Runnable waiting) throws IOException, InterruptedException {
    ReentrantLock threads = threads(file);
    boolean told = false;
    if (!threads.tryLock()) {
      waiting.run();
      told = true;
      threads.lockInterruptibly();
    }
    try {
      FileChannel channel = open(file);
      try {
        while (!tryLock(channel, file)) {
          if (!told) {
            waiting.run();
            told = true;
          }
          TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
        return new CacheLock(threads, channel);
      } catch (IOException | InterruptedException | RuntimeException | Error e) {
        channel.close();
        throw e;
      }
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      threads.unlock();
      throw e;
    }
  }

  /** The lock, or nothing if somebody else has it. */
  static Optional<CacheLock> tryAcquire(Path file) throws IOException {
    ReentrantLock threads = threads(file);
    if (!threads.tryLock()) {
      return Optional.empty();
    }
    try {
      FileChannel channel = open(file);
      boolean locked = false;
      try {
        locked = tryLock(channel, file);
        if (locked) {
          return Optional.of(new CacheLock(threads, channel));
        }
      } finally {
        if (!locked) {
          channel.close();
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      threads.unlock();
      throw e;
    }
    threads.unlock();
    return Optional.empty();
  }

  private static ReentrantLock threads(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Path real = file.getParent().toRealPath().resolve(file.getFileName());
    return THREADS.computeIfAbsent(real, path -> new ReentrantLock());
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static boolean tryLock(FileChannel channel, Path file) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // a second copy of this class has it, of another class loader
    } catch (IOException e) {
      throw new DownloadException(
          file.toString(),
          "cannot be locked (" + Causes.words(e) + ")",
          "put the cache on a disk that can lock files, with -D" + DownloadOptions.CACHE_PROPERTY,
          e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      threads.unlock();
    }
  }
}
