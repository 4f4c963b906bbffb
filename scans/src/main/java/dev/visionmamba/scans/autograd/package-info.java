/**
 * Training through operators that DJL's autograd does not know: a tape that joins their
 * hand-written backward passes to the graph, and the {@code Trainer} that plays it back.
 */
package dev.visionmamba.scans.autograd;
