package dev.visionmamba.zoo;

import java.util.Map;
import java.util.Objects;

/**
 * What sits on a model's backbone.
 *
 * @param name {@code linear} for a classifier, {@code semantic_fpn} or {@code upernet} for a
 *     segmenter, {@code mask_rcnn} or {@code retinanet} for a detector
 * @param arguments of the head that differ from the published ones
 */
public record HeadDescription(String name, Map<String, Object> arguments) {
  /** A classifier's head, its family's own. */
  public static final HeadDescription LINEAR = new HeadDescription("linear", Map.of());

  /** Copies the arguments. */
  public HeadDescription {
    Objects.requireNonNull(name, "name");
    arguments = Map.copyOf(arguments == null ? Map.of() : arguments);
  }
}
