/**
 * The implementations of the operators: one on DJL's own operations (any device, differentiable),
 * one on the CPU's vector units, one on NVIDIA GPUs ({@link dev.visionmamba.scans.engine.cuda}). An
 * engine is a plug-in; the choice among them is made here.
 */
package dev.visionmamba.scans.engine;
