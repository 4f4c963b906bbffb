package dev.visionmamba.zoo.checkpoint;

/**
 * How a checkpoint is loaded into a network.
 *
 * @param key the keys on the way to the state dict, joined by dots, such as {@code model_ema}; the
 *     empty text for the whole file; null for where the network's family keeps it
 * @param newHead whether the classifier's last layers start anew, as for fine-tuning: tensors of
 *     the file for them are left out, whatever their shape, and what else of the head the file
 *     lacks starts anew, too. Of a detector or a segmenter, what has another shape in the file
 *     starts anew, outside the backbone
 */
public record LoadOptions(String key, boolean newHead) {
  /** The published files, strictly: every tensor must fit and none may be missing. */
  public static final LoadOptions STRICT = new LoadOptions(null, false);
}
