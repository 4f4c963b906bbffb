package dev.visionmamba.tasks.training;

import java.util.List;

/** Names in messages. */
final class NameList {
  private static final int LISTED = 5;

  private NameList() {}

  /** The first few names, and how many more there are. */
  static String of(List<String> names) {
    String listed = String.join(", ", names.subList(0, Math.min(LISTED, names.size())));
    return names.size() > LISTED ? listed + " and " + (names.size() - LISTED) + " more" : listed;
  }
}
