/**
 * Training through operators that DJL's autograd does not know.
 *
 * <p>A {@link dev.visionmamba.scans.autograd.Tape} records where such an operator stood in a
 * forward pass: its inputs are cut off the graph and its output is a new leaf. After the loss has
 * been differentiated as far as the leaves, the tape is played backwards: the operator's
 * hand-written backward pass turns the gradient of its output into those of its inputs, and the
 * earlier graph takes them up. {@link dev.visionmamba.scans.autograd.ScanTrainer} is the {@code
 * Trainer} that does this, so that DJL's own training loop works unchanged.
 */
package dev.visionmamba.scans.autograd;
