package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.MulticlassNms;
import java.util.Objects;

/**
 * Which objects a detector gives, and what of them.
 *
 * @param selection which of those that it has found are kept
 * @param masks whether objects get masks, if the head finds any; without, its mask head is not run
 */
public record DetectionOptions(MulticlassNms selection, boolean masks) {

  /** Refuses to do without a selection. */
  public DetectionOptions {
    Objects.requireNonNull(selection, "selection");
  }
}
