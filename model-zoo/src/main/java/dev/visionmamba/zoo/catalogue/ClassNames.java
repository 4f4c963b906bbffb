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

  /** How the catalogue calls COCO's classes. */
  public static final String COCO = "coco";

  /** How the catalogue calls ADE20K's classes. */
  public static final String ADE20K = "ade20k";

  private ClassNames() {}

  /**
   * The names that a catalogue entry refers to.
   *
   * @param reference what {@link CatalogueEntry#classes} says, for instance {@value #IMAGENET}
   * @return the names by index; empty if this library has no such list
   */
  public static Optional<List<String>> named(String reference) {
    return switch (reference) {
      case IMAGENET -> Optional.of(imageNet());
      case COCO -> Optional.of(coco());
      case ADE20K -> Optional.of(ade20k());
      default -> Optional.empty();
    };
  }

  /**
   * The 80 classes of things in COCO's {@code instances_*2017.json}, in the order of their numbers.
   *
   * @return "person" to "toothbrush"
   */
  public static List<String> coco() {
    return secondWords("coco.txt");
  }

  /**
   * The 150 classes of ADE20K's scene parsing challenge; its masks count them from 1.
   *
   * @return "wall" to "flag"
   */
  public static List<String> ade20k() {
    return secondWords("ade20k.txt");
  }

  /** The names in a list of lines "number-or-colour name". */
  private static List<String> secondWords(String resource) {
    try (InputStream in = ClassNames.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.substring(line.indexOf(' ') + 1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
