/**
 * This library as DJL sees it: a model zoo for {@code Criteria} ({@link
 * dev.visionmamba.tasks.djl.VisionMambaZoo}), and the factories with which a folder of {@code
 * serving.properties} and weights loads through DJL alone.
 */
package dev.visionmamba.tasks.djl;
