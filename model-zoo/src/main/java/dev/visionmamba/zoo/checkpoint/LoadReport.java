package dev.visionmamba.zoo.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * What loading a checkpoint has done.
 *
 * @param key where the state dict was; the empty text for the whole file
 * @param loaded how many tensors of the file the network now has
 * @param renamed the network's names by the names in the file, where they differ by more than a
 *     prefix of all
 * @param leftOut tensors of the file that the network does not have, by their names in the file
 * @param initialized parameters that were not in the file, and start as in training from scratch
 */
public record LoadReport(
    String key,
    int loaded,
    Map<String, String> renamed,
    List<String> leftOut,
    List<String> initialized) {

  /** Copies the lists. */
  public LoadReport {
    renamed = Map.copyOf(renamed);
    leftOut = List.copyOf(leftOut);
    initialized = List.copyOf(initialized);
  }
}
