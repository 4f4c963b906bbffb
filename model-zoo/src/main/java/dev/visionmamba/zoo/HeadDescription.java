package dev.visionmamba.zoo;

import dev.visionmamba.zoo.catalogue.Task;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What sits on a model's backbone.
 *
 * @param name {@code linear} for a classifier, {@code semantic_fpn} or {@code upernet} for a
 *     segmenter, {@code mask_rcnn}, {@code cascade_mask_rcnn} or {@code retinanet} for a detector
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

  /**
   * What a network with this head answers.
   *
   * @return empty for a name that no head has
   */
  public Optional<Task> task() {
    return switch (name) {
      case "linear" -> Optional.of(Task.CLASSIFICATION);
      case "semantic_fpn", "upernet" -> Optional.of(Task.SEMANTIC_SEGMENTATION);
      case "mask_rcnn", "cascade_mask_rcnn" -> Optional.of(Task.INSTANCE_SEGMENTATION);
      case "retinanet" -> Optional.of(Task.DETECTION);
      default -> Optional.empty();
    };
  }
}
