package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.cli.DataOptions.Parts;
import dev.visionmamba.tasks.training.DataSetException;
import dev.visionmamba.tasks.training.MaskCoding;
import dev.visionmamba.tasks.training.SegmentationDataset;
import dev.visionmamba.tasks.training.SegmentationFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** The options of a data set of pictures and masks. */
final class MaskOptions {
  private static final String CLASSES = "classes.txt";
  private static final String PICTURES = "images";
  private static final List<String> MASKS = List.of("masks", "annotations", "labels");
  private static final Pattern COLOURED = Pattern.compile("(.*\\S)\\s+#([0-9a-fA-F]{6})");

  @Option(
      names = "--classes",
      paramLabel = "FILE",
      description = {
        "Of masks: a text file with a class's name a line, from label 0 on (default: "
            + CLASSES
            + " in the data's folder).",
        "Where masks tell classes by colours, each name is followed by one, such as #804080."
      })
  private Path classes;

  @Option(
      names = "--reduce-zero-label",
      description =
          "Of masks: classes are counted from 1, and 0 is no class, as in ADE20K (else 255 is"
              + " none).")
  private boolean reduceZeroLabel;

  /** The folders of one part. */
  private record Folders(Path pictures, Path masks) {
    boolean exist() {
      return Files.isDirectory(pictures) && Files.isDirectory(masks);
    }
  }

  /** Both parts; where the folder has no val of its own, some pictures are set aside. */
  Parts<SegmentationDataset> load(Path data, SplitOptions split) throws IOException {
    MaskCoding coding = coding(data);
    SegmentationDataset train = open(train(data), coding);
    Folders validation = part(data, PartNames.VALIDATION);
    if (validation != null) {
      return new Parts<>(train, open(validation, coding));
    }
    SegmentationDataset.Parts parts = train.divided(split.share(), split.seed());
    return new Parts<>(parts.train(), parts.validation());
  }

  /** The pictures to test with: those of val, or all, or those that training sets aside. */
  SegmentationDataset loadTest(Path data, SplitOptions split, boolean setAside) throws IOException {
    MaskCoding coding = coding(data);
    Folders validation = part(data, PartNames.VALIDATION);
    if (validation != null) {
      return open(validation, coding);
    }
    SegmentationDataset all = open(train(data), coding);
    return setAside ? all.divided(split.share(), split.seed()).validation() : all;
  }

  private static SegmentationFolder open(Folders folders, MaskCoding coding)
      throws DataSetException {
    return SegmentationFolder.open(folders.pictures, folders.masks, coding);
  }

  private static Folders train(Path data) throws DataSetException {
    Folders train = part(data, PartNames.TRAIN);
    if (train != null) {
      return train;
    }
    for (String masks : MASKS) {
      Folders folders = new Folders(data.resolve(PICTURES), data.resolve(masks));
      if (folders.exist()) {
        return folders;
      }
    }
    throw new DataSetException(
        data
            + " has no pictures with masks; they are looked for in train/images and train/masks, in"
            + " images/train and masks/train, and in images and masks",
        null);
  }

  /** The first of some parts that is there, or null. */
  private static Folders part(Path data, List<String> names) {
    for (String name : names) {
      for (String masks : MASKS) {
        for (Folders folders :
            List.of(
                new Folders(
                    data.resolve(name).resolve(PICTURES), data.resolve(name).resolve(masks)),
                new Folders(
                    data.resolve(PICTURES).resolve(name), data.resolve(masks).resolve(name)))) {
          if (folders.exist()) {
            return folders;
          }
        }
      }
    }
    return null;
  }

  private MaskCoding coding(Path data) throws IOException {
    if (!Files.isDirectory(data)) {
      throw new DataSetException(
          "there is no folder " + data + "; name the one with pictures and masks by --data", null);
    }
    Path file = classes == null ? data.resolve(CLASSES) : classes;
    if (!Files.isRegularFile(file)) {
      throw new DataSetException(
          "there is no file "
              + file
              + "; write one with a class's name a line, from label 0 on, or name it by --classes",
          null);
    }
    List<String> names = new ArrayList<>();
    List<Integer> colours = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      Matcher coloured = COLOURED.matcher(line.strip());
      if (coloured.matches()) {
        names.add(coloured.group(1));
        colours.add(Integer.parseInt(coloured.group(2), 16));
      } else if (!line.isBlank()) {
        names.add(line.strip());
      }
    }
    boolean mixed = !colours.isEmpty() && colours.size() != names.size();
    if (mixed || (reduceZeroLabel && !colours.isEmpty())) {
      throw new DataSetException(
          file
              + (mixed
                  ? " gives some of the classes a colour, but not all; give it to all or none"
                  : " gives the classes colours, so there is no label 0 to leave out; drop"
                      + " --reduce-zero-label, or the colours"),
          null);
    }
    try {
      return new MaskCoding(names, reduceZeroLabel, colours);
    } catch (IllegalArgumentException e) {
      throw new DataSetException(file + ": " + e.getMessage(), e);
    }
  }
}
