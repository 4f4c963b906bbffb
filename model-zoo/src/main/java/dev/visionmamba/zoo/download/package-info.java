/**
 * Fetching checkpoints into a folder on this machine: resumed after an interruption, verified, and
 * once for all processes that ask at the same time. {@link dev.visionmamba.zoo.download.ModelCache}
 * is the folder, {@link dev.visionmamba.zoo.download.DownloadOptions} says whether and from where:
 * mirrors, proxies, or not at all.
 */
package dev.visionmamba.zoo.download;
