package dev.visionmamba.tasks.djl;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** How DJL finds {@link VisionMambaZoo}. */
public final class VisionMambaZooProvider implements ZooProvider {
  /** For DJL, through the service loader. */
  public VisionMambaZooProvider() {}

  @Override
  public ModelZoo getModelZoo() {
    return new VisionMambaZoo();
  }
}
