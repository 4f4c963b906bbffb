package dev.visionmamba.tasks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.download.DownloadOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands download, cache and models, with a mirror on this machine. */
class DownloadCommandTest {
  private static final String L1 = "plainmamba_l1.imagenet1k";
  private static final String GONE = "plainmamba_l2.imagenet1k";
  private static final byte[] FILE = Arrays.copyOf(new byte[] {'P', 'K', 3, 4}, 2_000_000);

  @TempDir private Path cache;
  private final Properties before = (Properties) System.getProperties().clone();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    System.setProperty(DownloadOptions.CACHE_PROPERTY, cache.toString());
    System.setProperty(DownloadOptions.OFFLINE_PROPERTY, "false");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean gone = exchange.getRequestURI().getPath().contains(GONE);
          exchange.sendResponseHeaders(gone ? 404 : 200, gone ? -1 : FILE.length);
          if (!gone) {
            exchange.getResponseBody().write(FILE);
          }
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    System.setProperties(before);
  }

  private String mirror() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private CommandLineRun download(String... names) {
    String[] arguments = {"download", "--mirror", mirror()};
    String[] all = Arrays.copyOf(arguments, arguments.length + names.length);
    System.arraycopy(names, 0, all, arguments.length, names.length);
    return CommandLineRun.of(all);
  }

  @Test
  void fetchesByName() {
    CommandLineRun run = download("plainmamba_l1", "vim_micro.fashion_mnist");
    Path file = cache.resolve(L1).resolve("l1.pth");
    assertThat(run.code()).isZero();
    assertThat(run.out().lines())
        .containsExactly(file.toString(), "vim_micro.fashion_mnist is bundled");
    assertThat(run.errLines())
        .containsExactly("visionmamba: fetching " + L1 + " (2.0 MB) from 127.0.0.1");
    assertThat(file).hasBinaryContent(FILE);
    CommandLineRun offline = CommandLineRun.of("download", "--offline", L1);
    assertThat(offline.code()).isZero();
    assertThat(offline.err()).isEmpty();
    assertThat(offline.out().strip()).isEqualTo(file.toString());
  }

  @Test
  void whatFailsIsOneLineAndTheRestIsDone() {
    CommandLineRun run = download("plainmamba_l11", "plainmamba_l2", "plainmamba_l1");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err())
        .contains("did you mean plainmamba_l1", mirror() + "/" + GONE + "/l2.pth", "404")
        .doesNotContain("Exception");
    assertThat(run.errLines()).hasSize(3);
    assertThat(cache.resolve(L1).resolve("l1.pth")).exists();
    CommandLineRun offline = CommandLineRun.of("download", "--offline", "plainmamba_l2");
    assertThat(offline.code()).isEqualTo(1);
    assertThat(offline.errLines()).hasSize(1);
    assertThat(offline.err()).contains("not in the cache");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "download",
        "download --mirror nonsense vim_tiny",
        "cache",
        "cache clean nonesuch",
        "models --checkpoint"
      })
  void wrongUseExitsWithTwo(String line) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).isNotBlank().doesNotContain("\tat ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "download --help",
        "cache --help",
        "cache list --help",
        "cache clean --help",
        "cache path --help"
      })
  void everyCommandHasHelp(String line) {
    CommandLineRun run = CommandLineRun.of(line.split(" "));
    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Usage: visionmamba");
  }

  @Test
  void theCacheIsListedAndCleaned() throws Exception {
    assertThat(CommandLineRun.of("cache", "path").out().strip()).isEqualTo(cache.toString());
    assertThat(CommandLineRun.of("cache", "list").out()).contains("nothing in");
    download(L1);
    Path part = Files.createDirectories(cache.resolve(GONE)).resolve("l2.pth.part");
    Files.write(part, new byte[1_500_000]);
    CommandLineRun list = CommandLineRun.of("cache", "list");
    assertThat(list.out())
        .containsPattern(L1 + " +2\\.0 MB +l1\\.pth *\n")
        .containsPattern(GONE + " +1\\.5 MB +l2\\.pth\\.part +not finished");
    List<JsonObject> objects = json("cache", "list", "--json");
    assertThat(objects).hasSize(2);
    assertThat(objects.get(0).keySet()).containsExactly("name", "file", "bytes", "complete");
    assertThat(CommandLineRun.of("cache", "clean", "--partial").out()).contains("1.5 MB freed");
    assertThat(part).doesNotExist();
    assertThat(CommandLineRun.of("cache", "clean", "vim_tiny").out()).contains("0.0 MB freed");
    assertThat(CommandLineRun.of("cache", "clean", "plainmamba_l1").out()).contains("2.0 MB");
    assertThat(json("cache", "list", "--json")).isEmpty();
    download(L1);
    assertThat(CommandLineRun.of("cache", "clean").out()).contains("2.0 MB");
    assertThat(cache.resolve(L1)).doesNotExist();
  }

  private static List<JsonObject> json(String... arguments) {
    CommandLineRun run = CommandLineRun.of(arguments);
    assertThat(run.code()).isZero();
    return run.out().lines().map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
  }

  @Test
  void modelsSaysWhatIsWhere() {
    download(L1);
    CommandLineRun run = CommandLineRun.of("models");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern("plainmamba_l1 .* 224x224 +cached +imagenet1k *\n")
        .containsPattern("plainmamba_l2 .* 224x224 +to download +imagenet1k *\n")
        .containsPattern(
            "efficientvim_m1 .* 224x224 +to download +imagenet1k_e450,\n +imagenet1k_e300\n")
        .containsPattern("vim_micro.fashion_mnist .* 28x28 +bundled *\n");
    CommandLineRun checkpoints = CommandLineRun.of("models", "--checkpoints");
    assertThat(checkpoints.out())
        .containsPattern(L1 + " +not stated +cached +top-1 77.9, top-5 94.0\n")
        .containsPattern(
            "mask_rcnn_vmamba_tiny_s1l8.coco_1x +MIT +to download +box AP 47.3, mask AP 42.7\n");
  }

  @Test
  void modelsAsJson() {
    List<JsonObject> models = json("models", "--json");
    long networks =
        Catalogue.published().entries().stream()
            .map(entry -> entry.name().substring(0, entry.name().indexOf('.')))
            .distinct()
            .count();
    assertThat(models).hasSize(ModelCatalogue.bundled().size() + (int) networks);
    JsonObject bundled = models.get(0);
    assertThat(bundled.keySet())
        .containsExactly(
            "name",
            "task",
            "family",
            "parameters",
            "multiply_adds",
            "height",
            "width",
            "weights",
            "checkpoints");
    assertThat(bundled.get("weights").getAsString()).isEqualTo("bundled");
    assertThat(models.get(ModelCatalogue.bundled().size()).get("name").getAsString())
        .isEqualTo("vim_tiny");
    assertThat(models.get(ModelCatalogue.bundled().size()).getAsJsonArray("checkpoints"))
        .hasSize(1);
    List<JsonObject> checkpoints = json("models", "--checkpoints", "--json");
    assertThat(checkpoints).hasSize(Catalogue.published().entries().size());
    assertThat(checkpoints.get(0).get("weights").getAsString()).isEqualTo("to download");
  }

  @Test
  void classifyFetchesWhatItNeeds() {
    System.setProperty(DownloadOptions.MIRROR_PROPERTY, mirror());
    CommandLineRun run =
        CommandLineRun.of("classify", "--model", "plainmamba_l1", "pictures/bag.png");
    // The file is none, so that it cannot be read; but it was fetched, and that was shown.
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.errLines()).hasSize(2);
    assertThat(run.errLines().get(0)).startsWith("visionmamba: fetching " + L1);
    assertThat(run.errLines().get(1)).contains("l1.pth");
    assertThat(cache.resolve(L1).resolve("l1.pth")).exists();
    CommandLineRun dense =
        CommandLineRun.of("classify", "--model", "upernet_plainmamba_l1", "pictures/bag.png");
    assertThat(dense.code()).isEqualTo(2);
    assertThat(dense.err())
        .contains("is for segment, not for classify: use visionmamba segment")
        .doesNotContain("fetching");
    assertThat(cache.resolve("upernet_plainmamba_l1.ade20k")).doesNotExist();
  }

  @Test
  void withoutATerminalThereAreOnlyLines() {
    StringWriter text = new StringWriter();
    try (DownloadBar bar = new DownloadBar(new PrintWriter(text), false)) {
      bar.waiting("a");
      bar.started("a", URI.create("https://b.example/c"), 0, OptionalLong.empty());
      bar.received(1);
      bar.retrying("it broke", Duration.ofMillis(1500));
      bar.started("a", URI.create("https://b.example/c"), 5_000_000, OptionalLong.of(123_456_789));
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "visionmamba: another process is fetching a: waiting for it",
            "visionmamba: fetching a from b.example",
            "visionmamba: it broke: trying again in 1.5 seconds",
            "visionmamba: fetching a (123.5 MB) from 5.0 MB on from b.example");
  }
}
