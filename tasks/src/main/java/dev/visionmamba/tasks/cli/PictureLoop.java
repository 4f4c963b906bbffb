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
  private PictureLoop() {}

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
   * Looks at pictures.
   *
   * @param out a file or a folder for drawings; null for none
   * @param json a file for COCO results; null for none
   * @return the exit code
   */
  static int run(CommandSpec spec, List<Path> pictures, Path out, Path json, Work work)
      throws IOException {
    List<Path> drawings = drawings(spec, pictures, out);
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
    }
    if (json != null) {
      CocoResults.of(results).write(json);
    }
    return failures == 0 ? 0 : 1;
  }

  private static List<Path> drawings(CommandSpec spec, List<Path> pictures, Path out)
      throws IOException {
    try {
      return out == null ? null : PictureOutputs.files(pictures, out);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
