package dev.visionmamba.zoo.catalogue;

import java.util.Arrays;
import java.util.Optional;

/** What a checkpoint's network answers. */
public enum Task {
  /** What a picture shows: a score for each class. */
  CLASSIFICATION("classification"),
  /** Which objects are where: boxes with classes. */
  DETECTION("detection"),
  /** Which objects are where: boxes with classes, and a mask for each. */
  INSTANCE_SEGMENTATION("instance_segmentation"),
  /** What each pixel shows: a class for each. */
  SEMANTIC_SEGMENTATION("semantic_segmentation"),
  /** A better picture: larger, or without noise, blur or artifacts. */
  RESTORATION("restoration");

  private final String label;

  Task(String label) {
    this.label = label;
  }

  /**
   * The task's name in the catalogue.
   *
   * @return lower case, with underscores
   */
  public String label() {
    return label;
  }

  /**
   * The task of a name.
   *
   * @param label as {@link #label} gives it
   * @return empty if there is none
   */
  public static Optional<Task> of(String label) {
    return Arrays.stream(values()).filter(task -> task.label.equals(label)).findFirst();
  }
}
