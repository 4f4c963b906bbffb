/**
 * Which checkpoints have been released, where they are, and what is in them: one JSON resource,
 * {@code catalogue.json}, as records.
 */
package dev.visionmamba.zoo.catalogue;
