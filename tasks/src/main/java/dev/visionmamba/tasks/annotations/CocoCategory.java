package dev.visionmamba.tasks.annotations;

import java.util.Objects;

/**
 * A class of things in a COCO file.
 *
 * @param id its number in the file; the published ones are 1 to 90 with gaps
 * @param name what it is called
 */
public record CocoCategory(long id, String name) {

  /** Checks that there is a name. */
  public CocoCategory {
    Objects.requireNonNull(name, "name");
  }
}
