/**
 * VMamba (Liu et al. 2024, <a href="https://arxiv.org/abs/2401.10166">arXiv:2401.10166</a>): four
 * stages of 2-D selective scans, in the released form and in the first ("vanilla") one.
 *
 * <p>Each block walks its map along rows and columns, forwards and backwards (the cross-scan), and
 * adds the four results; between stages the map is halved and widened. {@link
 * dev.visionmamba.backbones.vmamba.VMambaConfig} names the published variants; {@code withScan} has
 * them walk along other paths.
 */
package dev.visionmamba.backbones.vmamba;
