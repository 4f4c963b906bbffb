package dev.visionmamba.tasks.cli;

import java.util.List;

/** What data sets call the folders of their parts, the first that is there counts. */
final class PartNames {
  /** To learn from: also COCO's and ADE20K's. */
  static final List<String> TRAIN = List.of("train", "train2017", "training");

  /** To measure with. */
  static final List<String> VALIDATION = List.of("val", "val2017", "valid", "validation", "test");

  private PartNames() {}
}
