/**
 * Reading and writing weight files: those of {@code torch.save} (zip and legacy, pickle protocols 2
 * to 5) and <a href="https://github.com/huggingface/safetensors">safetensors</a>, sharded ones,
 * too.
 *
 * <p>Nothing in a file is trusted: every length and offset is checked before it is used, and no
 * file runs code. A pickle is read as data: a class that it names becomes an inert record, and only
 * what rebuilds tensors is understood. {@link dev.visionmamba.zoo.checkpoint.WeightLoader} fills a
 * network strictly: what is missing, unexpected or of another shape is listed in one error.
 */
package dev.visionmamba.zoo.checkpoint;
