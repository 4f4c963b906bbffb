/**
 * How a grid of tokens is walked, and the operators that walk it.
 *
 * <p>A state-space model reads a sequence: at each step its state decays, takes in the token and
 * gives an output, {@code h[t] = exp(delta[t] A) h[t-1] + delta[t] B[t] u[t]} and {@code y[t] =
 * C[t] h[t] + D u[t]}. In the selective form of Mamba (Gu and Dao 2023, <a
 * href="https://arxiv.org/abs/2312.00752">arXiv:2312.00752</a>) the step size delta and the
 * matrices B and C are projections of the token itself. An image is no sequence, so vision models
 * choose orders in which to visit its patches, and add up what the orders give. Here such an order
 * is a value:
 *
 * <ul>
 *   <li>a {@link dev.visionmamba.scans.ScanPath} is the order in which one direction visits the
 *       tokens of a grid, all of them or a part;
 *   <li>a {@link dev.visionmamba.scans.ScanStrategy} makes the paths of all directions for a grid
 *       of any size; {@link dev.visionmamba.scans.ScanStrategies} has the published ones, and a
 *       lambda is another;
 *   <li>{@link dev.visionmamba.scans.SelectiveScan} runs the recurrence along the paths, {@link
 *       dev.visionmamba.scans.CausalConv1d} the short convolution that stands before it in a
 *       sequence and {@link dev.visionmamba.scans.DepthwiseConv2d} the one in a map, {@link
 *       dev.visionmamba.scans.Normalization} the norm before or after it, with a gate;
 *   <li>{@link dev.visionmamba.scans.StateSpaceDuality} holds the forms that are matrix products:
 *       Mamba-2 (Dao and Gu 2024, <a href="https://arxiv.org/abs/2405.21060">arXiv:2405.21060</a>)
 *       and the non-causal one (VSSD, Shi et al. 2024, <a
 *       href="https://arxiv.org/abs/2407.18559">arXiv:2407.18559</a>).
 * </ul>
 *
 * <p>Tokens are channel-last, (batch, length, channels), and stay where they are: an operator reads
 * token {@code path[t]} and adds its output to token {@code path[t]}, so nothing is permuted before
 * or after.
 */
package dev.visionmamba.scans;
