package dev.visionmamba.tasks.cli;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** Where the drawings of pictures go, and which numbers the pictures have in a COCO file. */
final class PictureOutputs {
  private static final String ENDING = ".png";

  private PictureOutputs() {}

  /**
   * A file for each picture.
   *
   * @param pictures at least one
   * @param out a PNG file for one picture; a folder for one or several, which is made
   * @return files of different names
   * @throws IOException if the folder cannot be made, or that of the file is missing
   * @throws IllegalArgumentException if the name of the file does not end in .png, or several
   *     pictures are to go into a file
   */
  static List<Path> files(List<Path> pictures, Path out) throws IOException {
    if (pictures.size() == 1 && !Files.isDirectory(out)) {
      if (!out.toString().toLowerCase(Locale.ROOT).endsWith(ENDING)) {
        throw new IllegalArgumentException(
            "--out must be a folder or a file that ends in .png, not " + out);
      }
      requireFile(out);
      return List.of(out);
    }
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException(
          "--out must be a folder for " + pictures.size() + " pictures, and " + out + " is a file");
    }
    Files.createDirectories(out);
    Set<String> taken = new HashSet<>();
    List<Path> files = new ArrayList<>();
    for (Path picture : pictures) {
      String name = stem(picture);
      String free = name;
      for (int i = 2; !taken.add(free.toLowerCase(Locale.ROOT)); i++) {
        free = name + "-" + i;
      }
      files.add(out.resolve(free + ENDING));
    }
    return files;
  }

  /**
   * Checks that a file can be written before the work for it is done.
   *
   * @throws IOException if it is a folder, or the folder that it is to be in is none
   */
  static void requireFile(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file)) {
      throw new FileAlreadyExistsException(
          file.toString(), null, "it is a folder: name a file in it");
    }
    if (folder != null && !Files.isDirectory(folder)) {
      throw Files.exists(folder)
          ? new NotDirectoryException(file + ": " + folder + " is a file, not a folder")
          : new NoSuchFileException(
              file.toString(), null, "its folder " + folder + " does not exist: create it first");
    }
  }

  /**
   * The pictures' numbers.
   *
   * @param pictures at least one
   * @return as their names say, if all are numbers and different ({@code 000000397133.jpg} has the
   *     number 397133); else 1, 2 and so on
   */
  static List<Long> numbers(List<Path> pictures) {
    List<String> stems = pictures.stream().map(PictureOutputs::stem).toList();
    if (stems.stream().allMatch(stem -> stem.matches("[0-9]{1,18}"))) {
      List<Long> numbers = stems.stream().map(Long::parseLong).toList();
      if (numbers.stream().distinct().count() == numbers.size()) {
        return numbers;
      }
    }
    return LongStream.rangeClosed(1, pictures.size()).boxed().collect(Collectors.toList());
  }

  private static String stem(Path picture) {
    String name = String.valueOf(picture.getFileName());
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
