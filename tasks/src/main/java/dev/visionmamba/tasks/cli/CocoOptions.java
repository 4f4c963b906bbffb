package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.OnProblem;
import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.CocoFolder;
import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.DetectionDataset;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options of a data set of pictures and COCO's annotations. */
final class CocoOptions {
  /** So many pictures are tried to tell whether a folder is theirs. */
  private static final int TRIED = 100;

  /** So many entries that cannot be used are named. */
  private static final int NAMED = 10;

  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      description =
          "Of coco: what is in the pictures to learn from (default:"
              + " annotations/instances_train2017.json and the like).")
  private Path annotations;

  @Option(
      names = "--val-annotations",
      paramLabel = "FILE",
      description =
          "Of coco: what is in the pictures to measure with (default:"
              + " annotations/instances_val2017.json and the like; without them some of the"
              + " others are set aside).")
  private Path valAnnotations;

  /** Both parts; where there are no annotations of a val, some pictures are set aside. */
  Parts<DetectionDataset> load(Path data, SplitOptions split, PrintWriter err) throws IOException {
    DetectionDataset train = open(data, train(data), PartNames.TRAIN, split.strict(), err);
    Path validation = validation(data);
    if (validation != null) {
      return new Parts<>(train, open(data, validation, PartNames.VALIDATION, split.strict(), err));
    }
    DetectionDataset.Parts parts = train.divided(split.share(), split.seed());
    return new Parts<>(parts.train(), parts.validation());
  }

  /** The pictures to test with: those of val, or all, or those that training sets aside. */
  DetectionDataset loadTest(Path data, SplitOptions split, boolean setAside, PrintWriter err)
      throws IOException {
    Path validation = validation(data);
    if (validation != null) {
      return open(data, validation, PartNames.VALIDATION, split.strict(), err);
    }
    DetectionDataset all = open(data, train(data), PartNames.TRAIN, split.strict(), err);
    return setAside ? all.divided(split.share(), split.seed()).validation() : all;
  }

  private Path train(Path data) throws DataSetException {
    requireFolder(data);
    Path file = annotations == null ? find(data, PartNames.TRAIN) : annotations;
    if (file == null) {
      throw new DataSetException(
          data
              + " has no annotations that are called annotations/instances_train2017.json,"
              + " annotations/instances_train.json, annotations/train.json, train.json or"
              + " train/_annotations.coco.json; name the file by --annotations",
          null);
    }
    return file;
  }

  private static void requireFolder(Path data) throws DataSetException {
    if (!Files.isDirectory(data)) {
      throw new DataSetException(
          "there is no folder " + data + "; name the one with the pictures by --data", null);
    }
  }

  private Path validation(Path data) throws DataSetException {
    requireFolder(data);
    return valAnnotations == null ? find(data, PartNames.VALIDATION) : valAnnotations;
  }

  /** The first annotations of some parts that are there, or null. */
  private static Path find(Path data, List<String> parts) {
    for (String part : parts) {
      for (String name :
          List.of(
              "annotations/instances_" + part + ".json",
              "annotations/" + part + ".json",
              part + ".json",
              part + "/_annotations.coco.json",
              part + "/annotations.json")) {
        if (Files.isRegularFile(data.resolve(name))) {
          return data.resolve(name);
        }
      }
    }
    return null;
  }

  private static CocoFolder open(
      Path data, Path file, List<String> parts, boolean strict, PrintWriter err)
      throws IOException {
    OnProblem onProblem = strict ? OnProblem.REFUSE : OnProblem.SKIP;
    CocoDataset read = CocoDataset.read(file, onProblem);
    if (read.images().isEmpty() || read.categories().isEmpty()) {
      throw new DataSetException(
          file
              + (read.images().isEmpty()
                  ? " lists no pictures; take a file that lists the pictures of " + data
                  : " lists no categories, so there is nothing to find; take a file that does"),
          null);
    }
    if (read.skipped() > 0) {
      read.problems().stream().limit(NAMED).forEach(problem -> err.println("skipped " + problem));
      err.printf(
          Locale.ROOT, "%,d entries of %s cannot be used and are skipped%n", read.skipped(), file);
    }
    CocoFolder folder = CocoFolder.open(read, pictures(data, file, parts, read), onProblem);
    if (folder.count() < read.images().size()) {
      err.printf(
          Locale.ROOT,
          "%,d of the %,d pictures of %s are missing and are skipped%n",
          read.images().size() - folder.count(),
          read.images().size(),
          file);
    }
    err.flush();
    return folder;
  }

  /** The folder that has some of the pictures; the data's folder if none has. */
  private static Path pictures(Path data, Path file, List<String> parts, CocoDataset annotations) {
    List<Path> folders = new ArrayList<>();
    for (String part : parts) {
      folders.add(data.resolve(part));
      folders.add(data.resolve("images").resolve(part));
    }
    folders.add(data.resolve("images"));
    folders.add(file.toAbsolutePath().getParent());
    for (Path folder : folders) {
      if (annotations.images().stream().limit(TRIED).anyMatch(image -> isIn(folder, image))) {
        return folder;
      }
    }
    return data;
  }

  private static boolean isIn(Path folder, CocoImage image) {
    try {
      return !image.fileName().isEmpty() && Files.isRegularFile(folder.resolve(image.fileName()));
    } catch (InvalidPathException e) {
      return false; // opening the folder says so
    }
  }
}
