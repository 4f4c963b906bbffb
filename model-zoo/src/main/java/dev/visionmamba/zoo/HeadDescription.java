package dev.visionmamba.zoo;

import dev.visionmamba.zoo.catalogue.Task;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What sits on a model's backbone.
 *
 * @param name {@code linear} for a classifier, {@code semantic_fpn} or {@code upernet} for a
 *     segmenter, {@code mask_rcnn}, {@code cascade_mask_rcnn} or {@code retinanet} for a detector;
 *     for a restorer {@code restorer}, where the backbone is a whole network of {@link
 *     dev.visionmamba.heads.restoration.Restorers}, or {@code pyramid_decoder}
 * @param arguments of the head that differ from the published ones
 */
public record HeadDescription(String name, Map<String, Object> arguments) {
  /** A classifier's head, its family's own. */
  public static final HeadDescription LINEAR = new HeadDescription("linear", Map.of());

  /** A restorer that is a network as a whole. */
  public static final HeadDescription RESTORER = new HeadDescription("restorer", Map.of());

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
      case "restorer", "pyramid_decoder" -> Optional.of(Task.RESTORATION);
      default -> Optional.empty();
    };
  }
}
