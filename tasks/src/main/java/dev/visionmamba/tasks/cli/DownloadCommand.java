package dev.visionmamba.tasks.cli;

import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.Downloader;
import dev.visionmamba.zoo.download.Mirrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba download}. */
@Command(
    name = "download",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Fetches checkpoints into the cache and prints where each file is.",
      "An interrupted download goes on where it stopped. One that fails is reported, and the others"
          + " are fetched all the same."
    })
final class DownloadCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--mirror",
      paramLabel = "URL",
      description = {
        "Where to fetch in place of where files were published: a URL under which NAME/FILE has"
            + " them, or pairs of beginnings, https://github.com=https://proxy.example/github,..."
      })
  private String mirror;

  @Option(names = "--offline", description = "Only look into the cache.")
  private boolean offline;

  @Parameters(
      paramLabel = "NAME",
      arity = "1..*",
      description = "Checkpoints, or networks for their default ones; see models --checkpoints.")
  private List<String> names;

  @Override
  public Integer call() {
    Downloader downloader = new Downloader(options());
    int failures = 0;
    for (String name : names) {
      try {
        fetch(name, downloader);
      } catch (IOException | ModelNotFoundException e) {
        failures++;
        spec.commandLine().getErr().println("visionmamba: " + Failures.message(e));
      }
    }
    return failures == 0 ? 0 : 1;
  }

  private DownloadOptions options() {
    DownloadOptions options = DownloadOptions.ofEnvironment();
    if (mirror != null) {
      try {
        options = options.withMirrors(Mirrors.parse(mirror));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), "--mirror: " + e.getMessage(), e);
      }
    }
    return offline ? options.withOffline(true) : options;
  }

  private void fetch(String name, Downloader downloader)
      throws IOException, ModelNotFoundException {
    PrintWriter out = spec.commandLine().getOut();
    if (ModelCatalogue.bundled().contains(name)) {
      out.println(name + " is bundled");
      return;
    }
    CatalogueEntry entry = ModelCatalogue.published(name);
    try (DownloadBar bar = new DownloadBar(spec.commandLine().getErr())) {
      out.println(downloader.fetch(entry, bar));
    }
    out.flush();
  }
}
