package dev.visionmamba.zoo.catalogue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The classes' names of well-known data sets. */
public final class ClassNames {
  /** How the catalogue calls ImageNet-1k's classes. */
  public static final String IMAGENET = "imagenet1k";

  private ClassNames() {}

  /**
   * The names that a catalogue entry refers to.
   *
   * @param reference what {@link CatalogueEntry#classes} says, for instance {@value #IMAGENET}
   * @return the names by index; empty if this library has no such list
   */
  public static Optional<List<String>> named(String reference) {
    return IMAGENET.equals(reference) ? Optional.of(imageNet()) : Optional.empty();
  }

  /**
   * ImageNet-1k's, in the order that published models answer in (WordNet ids ascending).
   *
   * @return 1000 names, "tench" to "toilet tissue"
   */
  public static List<String> imageNet() {
    // DJL's data-set library carries them, as [id, short name, all names].
    try (InputStream in = ClassNames.class.getResourceAsStream("/imagenet/classes.json")) {
      if (in == null) {
        throw new IllegalStateException("DJL's basicdataset library is not on the class path");
      }
      List<String> names = new ArrayList<>();
      for (JsonElement row :
          JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
              .getAsJsonArray()) {
        names.add(row.getAsJsonArray().get(1).getAsString());
      }
      return List.copyOf(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
