package dev.visionmamba.zoo.download;

import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Fetches checkpoints into the cache, each once for all threads and processes of the machine. A
 * download that is interrupted, also by the end of the process, is resumed by the next.
 * Thread-safe.
 *
 * <p>What is checked: the SHA-256 of the catalogue where it has one; every digest that the server
 * sends of the whole file; the length; and the first bytes, by which a login page is told from a
 * checkpoint. The SHA-256 of what was fetched is recorded beside the file, and every later use is
 * checked against it.
 */
public final class Downloader {
  /** So much progress, and failed attempts before it do not count any more. */
  private static final long PROGRESS = 1 << 20;

  /** What the downloader stands on; tests stand on something else. */
  record Ground(Proxies proxies, Optional<SSLContext> certificates, Disk disk, Pauses pauses) {
    static Ground real() throws IOException {
      return new Ground(
          Proxies.of(System.getProperties(), System.getenv()),
          Optional.empty(),
          Disk.REAL,
          Pauses.REAL);
    }
  }

  private final DownloadOptions options;
  private final ModelCache cache;
  private final Optional<Ground> ground;

  /**
   * A downloader; it opens no connection until it must.
   *
   * @param options how files are fetched
   */
  public Downloader(DownloadOptions options) {
    this(options, Optional.empty());
  }

  Downloader(DownloadOptions options, Optional<Ground> ground) {
    this.options = options;
    this.cache = new ModelCache(options.cache());
    this.ground = ground;
  }

  /**
   * The cache that files are fetched into.
   *
   * @return the cache
   */
  public ModelCache cache() {
    return cache;
  }

  /**
   * The file of a checkpoint, from the cache or else from the network.
   *
   * @param entry the checkpoint
   * @param listener is told how it goes
   * @return the file, whole and verified
   * @throws DownloadException if it is not in the cache and cannot be fetched, or the file in the
   *     cache is not the one that was fetched
   * @throws IOException if the file in the cache cannot be read
   */
  public Path fetch(CatalogueEntry entry, DownloadListener listener) throws IOException {
    Path file = cache.file(entry);
    if (isVerified(entry, file)) {
      return file;
    }
    if (Files.exists(file) && !Files.isWritable(file.getParent())) {
      checkAdopted(entry, file); // a cache that an administrator has filled
      return file;
    }
    if (options.offline() && !Files.exists(file)) {
      throw new DownloadException(
          file.toString(),
          entry.name() + " is not in the cache, and downloads are switched off",
          "allow them with -D"
              + DownloadOptions.OFFLINE_PROPERTY
              + "=false, or put the file there");
    }
    try (CacheLock lock = lock(entry, listener)) {
      if (!isVerified(entry, file)) { // else another has fetched it meanwhile
        if (Files.exists(file)) {
          record(file, checkAdopted(entry, file));
        } else {
          download(entry, file, listener);
          listener.finished(file);
        }
      }
      return file;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DownloadException(
          file.toString(),
          "the download was interrupted",
          "run this again: it goes on from there",
          e);
    }
  }

  private CacheLock lock(CatalogueEntry entry, DownloadListener listener)
      throws IOException, InterruptedException {
    try {
      Files.createDirectories(cache.file(entry).getParent());
      return CacheLock.acquire(cache.lockFile(entry.name()), () -> listener.waiting(entry.name()));
    } catch (FileSystemException e) {
      throw new DownloadException(
          cache.folder().toString(),
          "nothing can be put into this cache (" + e + ")",
          "name another folder with -D" + DownloadOptions.CACHE_PROPERTY,
          e);
    }
  }

  /** Whether the file is here with its recorded digest, and is what it was. */
  private static boolean isVerified(CatalogueEntry entry, Path file) throws IOException {
    if (!Files.exists(file) || !Files.exists(ModelCache.digestFile(file))) {
      return false;
    }
    Optional<String> distrust = distrust(entry, file, Digests.sha256(file));
    if (distrust.isPresent()) {
      throw untrusted(file.toString(), distrust.get(), entry);
    }
    return true;
  }

  /** What speaks against a file of this digest: the catalogue's, or the recorded one. */
  private static Optional<String> distrust(CatalogueEntry entry, Path file, String sha256)
      throws IOException {
    if (entry.sha256().isPresent() && !entry.sha256().get().equals(sha256)) {
      return Optional.of(differs(sha256, entry.sha256().get() + " in the catalogue"));
    }
    Path record = ModelCache.digestFile(file);
    if (Files.exists(record)) {
      String recorded = Files.readString(record).strip().split("\\s", 2)[0];
      if (!recorded.equals(sha256)) {
        return Optional.of(differs(sha256, recorded + " when it was first fetched"));
      }
    }
    return Optional.empty();
  }

  private static String differs(String found, String wanted) {
    return "its SHA-256 is " + found + ", but was " + wanted;
  }

  private static DownloadException untrusted(String where, String problem, CatalogueEntry entry) {
    return new DownloadException(
        where,
        problem,
        "do not use it unless you know why it changed; visionmamba cache clean "
            + entry.name()
            + " forgets the old one, and it can be fetched anew");
  }

  /** A file that somebody has put here by hand is trusted from now on; gives its digest. */
  private static String checkAdopted(CatalogueEntry entry, Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(CheckpointBytes.COUNT);
    }
    String sha256 = Digests.sha256(file);
    Optional<String> problem =
        CheckpointBytes.problem(head).or(() -> wrongSize(entry, file.toFile().length()));
    if (problem.isEmpty()) {
      problem = distrust(entry, file, sha256);
    }
    if (problem.isPresent()) {
      throw new DownloadException(
          file.toString(), problem.get(), "delete the file, and it is fetched anew");
    }
    return sha256;
  }

  private static Optional<String> wrongSize(CatalogueEntry entry, long bytes) {
    return entry.size().isPresent() && entry.size().getAsLong() != bytes
        ? Optional.of("it has " + bytes + " bytes in place of " + entry.size().getAsLong())
        : Optional.empty();
  }

  private static void record(Path file, String sha256) throws IOException {
    AtomicFiles.writeText(ModelCache.digestFile(file), sha256 + "  " + file.getFileName() + "\n");
  }

  private void download(CatalogueEntry entry, Path file, DownloadListener listener)
      throws IOException, InterruptedException {
    Ground on = ground.isPresent() ? ground.get() : Ground.real();
    Transfer transfer =
        new Transfer(
            new HttpConnection(options, on.proxies(), on.certificates()),
            options,
            on.disk(),
            listener,
            entry.name(),
            entry.size());
    DownloadException first = null;
    for (URI url : options.mirrors().locate(entry)) {
      try {
        repeat(() -> attempt(transfer, url, entry, file), url, file, on.pauses(), listener);
        return;
      } catch (DownloadException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      } catch (IOException e) {
        // Failures of the network are one of the two above: this is the disk's.
        throw new DownloadException(
            file.getParent().toString(),
            entry.name() + " cannot be written (" + Causes.words(e) + ")",
            "free some space (see visionmamba cache list) or check the folder, and run this again:"
                + " it goes on from there; or name another folder with -D"
                + DownloadOptions.CACHE_PROPERTY,
            e);
      }
    }
    throw first;
  }

  @FunctionalInterface
  private interface Attempt {
    void run() throws IOException, InterruptedException;
  }

  private void repeat(Attempt attempt, URI url, Path file, Pauses pauses, DownloadListener listener)
      throws IOException, InterruptedException {
    Duration pause = options.firstPause();
    int failures = 0;
    while (true) {
      long before = PartialFile.of(file).size();
      try {
        attempt.run();
        return;
      } catch (RepeatableException e) {
        if (PartialFile.of(file).size() >= before + PROGRESS) {
          failures = 0;
          pause = options.firstPause();
        }
        Duration wait = e.pause().orElse(pause);
        checkPatience(++failures, wait, url, e);
        listener.retrying(e.getMessage(), wait);
        pauses.sleep(wait);
        Duration doubled = pause.multipliedBy(2);
        pause = doubled.compareTo(options.longestPause()) < 0 ? doubled : options.longestPause();
      }
    }
  }

  private void checkPatience(int failures, Duration wait, URI url, RepeatableException e)
      throws DownloadException {
    String remedy = "try again later: it goes on from there; or name a mirror";
    if (failures > options.retries()) {
      String times = failures == 1 ? "" : ", after " + failures + " attempts";
      throw new DownloadException(url.toString(), e.getMessage() + times, remedy, e);
    }
    if (wait.compareTo(options.longestPause()) > 0) {
      String problem = e.getMessage() + " and wants to be asked again in " + Pauses.words(wait);
      throw new DownloadException(url.toString(), problem, remedy, e);
    }
  }

  private static void attempt(Transfer transfer, URI url, CatalogueEntry entry, Path file)
      throws IOException, InterruptedException {
    PartialFile partial = PartialFile.of(file);
    boolean resumed = partial.resumable(url) > 0;
    transfer.run(url, partial);
    try (FileChannel channel = FileChannel.open(partial.path(), StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Map<String, String> promised = partial.state().digests();
    Map<String, String> found = Digests.compute(partial.path(), promised);
    String sha256 = found.get(Digests.SHA256);
    Optional<String> damage =
        wrongSize(entry, partial.size()).or(() -> difference(promised, found));
    Optional<String> problem = damage.isPresent() ? damage : distrust(entry, file, sha256);
    if (problem.isPresent()) {
      partial.discard();
      if (resumed) { // perhaps the parts were of two files
        throw new RepeatableException(problem.get());
      }
      throw damage.isEmpty()
          ? untrusted(url.toString(), problem.get(), entry)
          : new DownloadException(
              url.toString(), problem.get(), "try again, or name a mirror: this copy is damaged");
    }
    record(file, sha256);
    Files.move(partial.path(), file, StandardCopyOption.ATOMIC_MOVE);
    partial.forgetState();
  }

  private static Optional<String> difference(
      Map<String, String> promised, Map<String, String> found) {
    return promised.keySet().stream()
        .filter(algorithm -> !promised.get(algorithm).equals(found.get(algorithm)))
        .findFirst()
        .map(
            algorithm ->
                String.format(
                    "what came has the %s %s, but the server says %s",
                    algorithm, found.get(algorithm), promised.get(algorithm)));
  }
}
