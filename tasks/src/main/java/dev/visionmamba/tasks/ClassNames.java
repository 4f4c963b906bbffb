package dev.visionmamba.tasks;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The classes' names of well-known data sets. */
public final class ClassNames {
  private ClassNames() {}

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
