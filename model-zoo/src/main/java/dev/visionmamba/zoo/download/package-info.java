/**
 * Fetching checkpoints into a folder on this machine: resumed, verified, and once for all processes
 * that ask at the same time.
 */
package dev.visionmamba.zoo.download;
