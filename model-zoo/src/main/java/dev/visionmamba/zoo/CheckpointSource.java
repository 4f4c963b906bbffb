package dev.visionmamba.zoo;

import ai.djl.ndarray.NDManager;
import dev.visionmamba.zoo.checkpoint.Checkpoint;
import java.io.IOException;

/** Where a checkpoint that is read whole comes from. */
@FunctionalInterface
interface CheckpointSource {

  /**
   * Reads it.
   *
   * @param manager owns its tensors
   * @return tensors and metadata
   * @throws IOException if it cannot be read
   */
  Checkpoint read(NDManager manager) throws IOException;
}
