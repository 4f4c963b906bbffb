package dev.visionmamba.tasks.cli;

import dev.visionmamba.tasks.annotations.LabelPng;
import dev.visionmamba.tasks.training.FashionScenes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** Writes scenes as data sets of files. */
final class SceneFiles {
  private SceneFiles() {}

  /** Pictures, masks and the classes' names, as {@code --dataset masks} reads them. */
  static Path masks(Path folder, FashionScenes scenes, List<String> names) throws IOException {
    pictures(folder.resolve("images"), scenes);
    Path masks = Files.createDirectories(folder.resolve("masks"));
    for (int i = 0; i < scenes.count(); i++) {
      LabelPng.write(scenes.scene(i).labels(), masks.resolve(name(i)));
    }
    Files.write(folder.resolve("classes.txt"), names);
    return folder;
  }

  /** Pictures and annotations, as {@code --dataset coco} reads them. */
  static Path coco(Path folder, String part, FashionScenes scenes) throws IOException {
    pictures(folder.resolve(part), scenes);
    Path annotations = Files.createDirectories(folder.resolve("annotations"));
    scenes.coco().write(annotations.resolve("instances_" + part + ".json"));
    return folder;
  }

  private static void pictures(Path folder, FashionScenes scenes) throws IOException {
    Files.createDirectories(folder);
    for (int i = 0; i < scenes.count(); i++) {
      ImageIO.write(
          scenes.scene(i).picture().toBufferedImage(), "png", folder.resolve(name(i)).toFile());
    }
  }

  private static String name(int index) {
    return String.format(Locale.ROOT, "%06d.png", index);
  }
}
