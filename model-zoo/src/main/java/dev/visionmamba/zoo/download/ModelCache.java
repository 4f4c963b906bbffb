package dev.visionmamba.zoo.download;

import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The folder that fetched files are kept in, as {@code NAME/FILE}. Beside a file stands its SHA-256
 * in {@code FILE.sha256}, as {@code sha256sum --check} reads it; a file on its way is called {@code
 * FILE.part}. The folder can be copied to another machine, or shown by a web server as a mirror.
 */
public final class ModelCache {
  private static final String DIGEST_SUFFIX = ".sha256";
  private static final Pattern NAME = Pattern.compile("[a-z0-9_]+\\.[a-z0-9_]+");

  private final Path folder;

  /**
   * A cache; nothing is made until something is fetched.
   *
   * @param folder where it is
   */
  public ModelCache(Path folder) {
    this.folder = folder.toAbsolutePath();
  }

  /**
   * A file in the cache.
   *
   * @param name the checkpoint's name
   * @param file the file
   * @param bytes its size, or how many of its bytes have arrived
   * @param complete whether it is whole, or on its way
   */
  public record CachedFile(String name, Path file, long bytes, boolean complete) {}

  /**
   * Where the cache is.
   *
   * @return the folder; it may not exist yet
   */
  public Path folder() {
    return folder;
  }

  /**
   * Where a checkpoint's file is or will be.
   *
   * @param entry the checkpoint
   * @return the file
   */
  public Path file(CatalogueEntry entry) {
    return folder.resolve(entry.name()).resolve(entry.file());
  }

  /**
   * Whether a checkpoint's file is here and whole.
   *
   * @param entry the checkpoint
   * @return whether it need not be fetched
   */
  public boolean contains(CatalogueEntry entry) {
    return Files.isRegularFile(file(entry));
  }

  /** Where the SHA-256 of a file is recorded. */
  static Path digestFile(Path file) {
    return file.resolveSibling(file.getFileName() + DIGEST_SUFFIX);
  }

  /** The file that guards a checkpoint's folder; it stays when that goes. */
  Path lockFile(String name) {
    return folder.resolve(".locks").resolve(name + ".lock");
  }

  /**
   * What is in the cache.
   *
   * @return by name; files of others are left out
   * @throws IOException if the folder cannot be read
   */
  public List<CachedFile> list() throws IOException {
    List<CachedFile> files = new ArrayList<>();
    for (String name : names()) {
      for (Path file : files(name)) {
        String fileName = file.getFileName().toString();
        if (fileName.endsWith(PartialFile.SUFFIX)) {
          files.add(new CachedFile(name, file, Files.size(file), false));
        } else if (isCheckpoint(name, file)) {
          files.add(new CachedFile(name, file, Files.size(file), true));
        }
      }
    }
    return files;
  }

  /**
   * Deletes a checkpoint's file, what is here of it in part, and its recorded SHA-256, so that it
   * can be fetched anew. Files of others in its folder stay.
   *
   * @param name the checkpoint's name
   * @param onlyPartial whether only what is here in part is deleted
   * @return how many bytes were freed
   * @throws IOException if a file cannot be deleted
   * @throws DownloadException if it is being fetched right now
   */
  public long clean(String name, boolean onlyPartial) throws IOException {
    if (!NAME.matcher(name).matches() || !Files.isDirectory(folder.resolve(name))) {
      return 0;
    }
    try (CacheLock lock =
        CacheLock.tryAcquire(lockFile(name))
            .orElseThrow(
                () ->
                    new DownloadException(
                        folder.resolve(name).toString(),
                        "it is being fetched right now",
                        "wait, or end the process that fetches it"))) {
      long freed = 0;
      for (Path file : files(name)) {
        if (isPart(file) || (!onlyPartial && isOurs(name, file))) {
          freed += Files.size(file);
          Files.delete(file);
        }
      }
      deleteIfEmpty(folder.resolve(name));
      return freed;
    }
  }

  /**
   * The checkpoints of which something is in the cache.
   *
   * @return their names, sorted
   * @throws IOException if the folder cannot be read
   */
  public List<String> names() throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(folder)) {
      return folders
          .filter(Files::isDirectory)
          .map(path -> path.getFileName().toString())
          .filter(name -> NAME.matcher(name).matches())
          .sorted()
          .toList();
    }
  }

  /** Digests last, so that they still say whose a file is. */
  private List<Path> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files
          .filter(Files::isRegularFile)
          .sorted(
              Comparator.comparing((Path file) -> file.toString().endsWith(DIGEST_SUFFIX))
                  .thenComparing(Comparator.naturalOrder()))
          .toList();
    }
  }

  private static boolean isPart(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(PartialFile.SUFFIX) || name.endsWith(PartialFile.STATE_SUFFIX);
  }

  /** Whether a file is one that this library has fetched, or means to: nobody else's. */
  private static boolean isCheckpoint(String name, Path file) {
    Optional<CatalogueEntry> entry = Catalogue.published().find(name);
    boolean published =
        entry.isPresent()
            && entry.get().name().equals(name)
            && entry.get().file().equals(file.getFileName().toString());
    return published || Files.isRegularFile(digestFile(file));
  }

  private static boolean isOurs(String name, Path file) {
    String fileName = file.getFileName().toString();
    boolean ofCheckpoint =
        fileName.endsWith(".pth" + DIGEST_SUFFIX)
            || fileName.endsWith(".safetensors" + DIGEST_SUFFIX);
    return ofCheckpoint || isCheckpoint(name, file);
  }

  private static void deleteIfEmpty(Path path) throws IOException {
    try {
      Files.delete(path);
    } catch (DirectoryNotEmptyException e) {
      // somebody else's files are in it
    }
  }
}
