package dev.visionmamba.tasks.cli;

import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import com.google.gson.JsonObject;
import dev.visionmamba.zoo.catalogue.Catalogue;
import dev.visionmamba.zoo.catalogue.CatalogueEntry;
import dev.visionmamba.zoo.download.DownloadOptions;
import dev.visionmamba.zoo.download.ModelCache;
import dev.visionmamba.zoo.download.ModelCache.CachedFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code visionmamba cache}. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = {
      "Shows or empties the folder that downloads are kept in.",
      "It is named by -Dvisionmamba.cache or $VISIONMAMBA_CACHE, else it is the system's folder for"
          + " caches."
    })
final class CacheCommand implements Runnable {
  @Spec private CommandSpec spec;

  private static ModelCache cache() {
    return new ModelCache(DownloadOptions.ofEnvironment().cache());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "list, clean or path?");
  }

  @Command(
      name = "path",
      mixinStandardHelpOptions = true,
      description = "Prints the folder's path.")
  void path() {
    spec.commandLine().getOut().println(cache().folder());
  }

  @Command(
      name = "list",
      mixinStandardHelpOptions = true,
      description = "Lists what is there, downloads that are not finished included.")
  void list(@Option(names = "--json", description = "Print one JSON object a line.") boolean json)
      throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    List<CachedFile> files = cache().list();
    if (json) {
      files.forEach(file -> out.println(toJson(file)));
    } else if (files.isEmpty()) {
      out.println("nothing in " + cache().folder());
    } else {
      out.println(table(files));
      out.println("in " + cache().folder());
    }
  }

  private static JsonObject toJson(CachedFile file) {
    JsonObject object = new JsonObject();
    object.addProperty("name", file.name());
    object.addProperty("file", file.file().toString());
    object.addProperty("bytes", file.bytes());
    object.addProperty("complete", file.complete());
    return object;
  }

  private static String table(List<CachedFile> files) {
    return TextTable.of(
        files,
        List.of(
            new Column().header("name").dataAlign(HorizontalAlign.LEFT).with(CachedFile::name),
            new Column().header("size").with(file -> DownloadBar.megabytes(file.bytes())),
            new Column()
                .header("file")
                .dataAlign(HorizontalAlign.LEFT)
                .with(file -> file.file().getFileName().toString()),
            new Column()
                .header("")
                .dataAlign(HorizontalAlign.LEFT)
                .with(file -> file.complete() ? "" : "not finished")));
  }

  @Command(
      name = "clean",
      mixinStandardHelpOptions = true,
      description = "Deletes downloads: of these names, or all.")
  void clean(
      @Parameters(paramLabel = "NAME", arity = "0..*", description = "Checkpoints or networks.")
          List<String> names,
      @Option(names = "--partial", description = "Delete only downloads that are not finished.")
          boolean partial)
      throws IOException {
    ModelCache cache = cache();
    long freed = 0;
    for (String name : names == null || names.isEmpty() ? cache.names() : checkpoints(names)) {
      freed += cache.clean(name, partial);
    }
    spec.commandLine().getOut().println(DownloadBar.megabytes(freed) + " freed");
  }

  /** A network's name means all its checkpoints. */
  private List<String> checkpoints(List<String> names) {
    return names.stream()
        .flatMap(
            name -> {
              List<CatalogueEntry> ofNetwork = Catalogue.published().ofNetwork(name);
              return ofNetwork.isEmpty()
                  ? List.of(known(name)).stream()
                  : ofNetwork.stream().map(CatalogueEntry::name);
            })
        .toList();
  }

  private String known(String name) {
    return Catalogue.published()
        .find(name)
        .map(CatalogueEntry::name)
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(),
                    String.format(
                        "no model \"%s\"; did you mean %s?",
                        name, Catalogue.published().nearest(name, 1, List.of()).get(0))));
  }
}
