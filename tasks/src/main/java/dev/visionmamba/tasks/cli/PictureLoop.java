package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Looks at pictures one after the other; one that cannot be read does not stop the others. */
final class PictureLoop {
  private final CommandSpec spec;
  private final List<Path> pictures;
  private final List<Path> drawings;
  private final Path json;

  private PictureLoop(CommandSpec spec, List<Path> pictures, List<Path> drawings, Path json) {
    this.spec = spec;
    this.pictures = pictures;
    this.drawings = drawings;
    this.json = json;
  }

  /** What is done with a picture. */
  @FunctionalInterface
  interface Work {
    /**
     * Looks at a picture.
     *
     * @param name where it is from
     * @param picture its pixels
     * @param number its number in a COCO file
     * @param out where its drawing goes; null for nowhere
     * @return what was found
     */
    List<CocoResult> of(Path name, PixelImage picture, long number, Path out) throws IOException;
  }

  /**
   * A loop whose results have a place; checked before a model is loaded.
   *
   * @param out a file or a folder for drawings; null for none
   * @param json a file for COCO results; null for none
   * @throws ParameterException if the pictures' drawings cannot go there
   * @throws IOException if a folder is missing or cannot be made
   */
  static PictureLoop of(CommandSpec spec, List<Path> pictures, Path out, Path json)
      throws IOException {
    if (json != null) {
      PictureOutputs.requireFile(json);
    }
    try {
      List<Path> drawings = out == null ? null : PictureOutputs.files(pictures, out);
      return new PictureLoop(spec, pictures, drawings, json);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /**
   * Looks at the pictures.
   *
   * @param timing is told of each
   * @return the exit code
   */
  int run(VerboseOption timing, Work work) throws IOException {
    List<Long> numbers = PictureOutputs.numbers(pictures);
    List<CocoResult> results = new ArrayList<>();
    int failures = 0;
    for (int i = 0; i < pictures.size(); i++) {
      Path name = pictures.get(i);
      try {
        Path drawing = drawings == null ? null : drawings.get(i);
        results.addAll(work.of(name, ImageDecoder.decode(name), numbers.get(i), drawing));
      } catch (IOException e) {
        failures++;
        spec.commandLine().getErr().println("visionmamba: " + Failures.message(e));
      }
      spec.commandLine().getOut().flush();
      timing.ended(String.valueOf(name.getFileName()));
    }
    if (json != null) {
      CocoResults.of(results).write(json);
    }
    return failures == 0 ? 0 : 1;
  }
}
