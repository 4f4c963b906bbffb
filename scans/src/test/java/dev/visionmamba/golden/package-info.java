/**
 * Golden files: what the published references compute, to be compared with. Weights and inputs are
 * not stored but regenerated from the tensors' names.
 */
package dev.visionmamba.golden;
