package dev.visionmamba.zoo.download;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.download.ModelCache.CachedFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCacheTest {
  private static final CatalogueEntry VIM = Catalogue.published().find("vim_tiny").orElseThrow();

  @TempDir private Path folder;
  private ModelCache cache;

  @BeforeEach
  void fill() throws Exception {
    cache = new ModelCache(folder);
    put("toy_net.toys/toy.pth", 10);
    put("toy_net.toys/toy.pth.sha256", 5);
    put("toy_net.toys/more.pth.part", 7);
    put("toy_net.toys/more.pth.part.json", 3);
    put("vim_tiny.imagenet1k/" + VIM.file(), 20); // put there by hand, not used yet
    put("notes.old/own.pth", 40); // somebody else's
    put("notes.old/letter.txt", 40);
    put("Pictures/cat.png", 40);
  }

  private void put(String path, int size) throws Exception {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[size]);
  }

  @Test
  void listsWhatItKnows() throws Exception {
    assertThat(cache.list())
        .containsExactly(
            new CachedFile("toy_net.toys", folder.resolve("toy_net.toys/more.pth.part"), 7, false),
            new CachedFile("toy_net.toys", folder.resolve("toy_net.toys/toy.pth"), 10, true),
            new CachedFile("vim_tiny.imagenet1k", cache.file(VIM), 20, true));
    assertThat(cache.contains(VIM)).isTrue();
    assertThat(new ModelCache(folder.resolve("none")).list()).isEmpty();
  }

  @Test
  void cleansOneName() throws Exception {
    assertThat(cache.clean("toy_net.toys", false)).isEqualTo(25);
    assertThat(folder.resolve("toy_net.toys")).doesNotExist();
    assertThat(cache.contains(VIM)).isTrue();
    assertThat(cache.clean("toy_net.toys", false)).isZero();
  }

  @Test
  void cleansPartsOnly() throws Exception {
    assertThat(cache.clean("toy_net.toys", true)).isEqualTo(10);
    assertThat(folder.resolve("toy_net.toys/toy.pth")).exists();
    assertThat(folder.resolve("toy_net.toys/toy.pth.sha256")).exists();
  }

  @Test
  void leavesWhatIsNotItsOwn() throws Exception {
    for (String name : cache.names()) {
      cache.clean(name, false);
    }
    assertThat(cache.contains(VIM)).isFalse();
    assertThat(folder.resolve("notes.old/own.pth")).exists();
    assertThat(folder.resolve("notes.old/letter.txt")).exists();
    assertThat(folder.resolve("Pictures/cat.png")).exists();
    assertThat(cache.clean("../" + folder.getFileName(), false)).isZero();
  }

  @Test
  void whatIsBeingFetchedIsNotCleaned() throws Exception {
    try (CacheLock lock = CacheLock.acquire(cache.lockFile("toy_net.toys"), () -> {})) {
      Thread other =
          new Thread(
              () ->
                  assertThatThrownBy(() -> cache.clean("toy_net.toys", false))
                      .isInstanceOf(DownloadException.class)
                      .hasMessageContaining("being fetched"));
      Throwable[] failure = new Throwable[1];
      other.setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
      other.start();
      other.join();
      assertThat(failure[0]).isNull();
    }
    assertThat(cache.clean("toy_net.toys", false)).isEqualTo(25);
  }
}
