/**
 * The operators on NVIDIA GPUs: kernels in one CUDA source, which is compiled for the device at
 * first use and kept on disk, and launched on the memory of DJL's own arrays.
 */
package dev.visionmamba.scans.engine.cuda;
