package dev.visionmamba.tasks.cli;

import dev.visionmamba.zoo.HeadDescription;
import dev.visionmamba.zoo.catalogue.Task;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the commands train and measure. */
enum ModelTask {
  /** What a picture shows: a class. */
  CLASSIFY("vim_micro", List.of("linear")),
  /** What every pixel shows: a class for each. */
  SEGMENT("vmamba_micro", List.of("semantic_fpn", "upernet")),
  /** What is where: boxes with classes, and masks if the head gives them. */
  DETECT("vmamba_micro", List.of("mask_rcnn", "retinanet")),
  /** A better picture: larger, or without noise or artifacts. */
  RESTORE("vmamba_micro", List.of("pyramid_decoder", "restorer"));

  private final String usualBackbone;
  private final List<String> heads;

  ModelTask(String usualBackbone, List<String> heads) {
    this.usualBackbone = usualBackbone;
    this.heads = heads;
  }

  /** The head of a network of which none is named. */
  String usualHead() {
    return heads.get(0);
  }

  /** The backbone of a network of which none is named. */
  String usualBackbone() {
    return usualBackbone;
  }

  /** The heads that give a network this task. */
  List<String> heads() {
    return heads;
  }

  /** Whether a network answers for the parts of a picture, not for it as a whole. */
  boolean isDense() {
    return this != CLASSIFY;
  }

  /** The command's name for a task of the catalogue. */
  static ModelTask of(Task task) {
    return switch (task) {
      case CLASSIFICATION -> CLASSIFY;
      case SEMANTIC_SEGMENTATION -> SEGMENT;
      case DETECTION, INSTANCE_SEGMENTATION -> DETECT;
      case RESTORATION -> RESTORE;
    };
  }

  /**
   * The task of a head.
   *
   * @throws IllegalArgumentException if there is no such head; the message names the others
   */
  static ModelTask ofHead(String name) {
    return new HeadDescription(name, Map.of())
        .task()
        .map(ModelTask::of)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no head \""
                        + name
                        + "\"; segment has "
                        + String.join(" and ", SEGMENT.heads())
                        + ", detect has "
                        + String.join(" and ", DETECT.heads())
                        + ", restore has "
                        + String.join(" and ", RESTORE.heads())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
