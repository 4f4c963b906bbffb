package dev.visionmamba.scans.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/**
 * What a selective scan gives.
 *
 * @param output the merged, gated output, (B, L, D)
 * @param lastStates for each direction the state after its last step, (B, D, N); empty if they were
 *     not asked for
 * @param saved what the same engine's backward pass wants to have again; empty if it was not asked
 *     for
 */
public record ScanResult(NDArray output, List<NDArray> lastStates, NDList saved) {}
