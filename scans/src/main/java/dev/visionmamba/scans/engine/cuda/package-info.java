/**
 * The operators on NVIDIA GPUs: kernels in one CUDA source, which NVRTC compiles for the device at
 * first use and which are kept on disk, launched by the driver's own interface on the memory of
 * DJL's arrays. Nothing is built or installed for it. {@link
 * dev.visionmamba.scans.engine.cuda.CudaEngine} says what it needs and when it steps back for DJL's
 * operations.
 */
package dev.visionmamba.scans.engine.cuda;
