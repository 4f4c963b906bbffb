package dev.visionmamba.tasks.training;

import dev.visionmamba.tasks.annotations.Instance;
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

  /** Keeps a copy of the list. */
  public DetectionExample {
    instances = List.copyOf(instances);
  }
}
