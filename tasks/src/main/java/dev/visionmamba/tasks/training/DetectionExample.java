package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import java.util.List;

/**
 * A picture and the things in it.
 *
 * @param id its number, which no other picture of the data set has
 * @param picture its pixels
 * @param instances the things; boxes lie inside the picture and are not empty, masks have its size
 */
public record DetectionExample(long id, PixelImage picture, List<Instance> instances) {

  /**
   * Keeps a copy of the list.
   *
   * @throws IllegalArgumentException if a mask has another size than the picture
   */
  public DetectionExample {
    instances = List.copyOf(instances);
    for (int i = 0; i < instances.size(); i++) {
      RunLengthMask mask = instances.get(i).mask();
      if (mask != null && (mask.width() != picture.width() || mask.height() != picture.height())) {
        throw new IllegalArgumentException(
            "picture %d has %dx%d pixels, but the mask of its thing %d has %dx%d"
                .formatted(id, picture.width(), picture.height(), i, mask.width(), mask.height()));
      }
    }
  }
}
