/**
 * The implementations of the operators: one on DJL's own operations (any device, differentiable),
 * one on the CPU's vector units or in plain Java, one on NVIDIA GPUs ({@link
 * dev.visionmamba.scans.engine.cuda}).
 *
 * <p>An engine is a plug-in: a {@link dev.visionmamba.scans.engine.ScanEngine} named in {@code
 * META-INF/services} is found by {@link java.util.ServiceLoader}, says which operands it takes, and
 * runs forward and backward passes on them. {@link dev.visionmamba.scans.engine.ScanEngines}
 * chooses among them, logs its choice once, and obeys the system property {@code
 * visionmamba.engine}.
 */
package dev.visionmamba.scans.engine;
