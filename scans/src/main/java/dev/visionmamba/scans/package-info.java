/**
 * How a grid of tokens is walked and the operators that walk it. A {@link
 * dev.visionmamba.scans.ScanPath} is the order in which one direction visits the tokens, a {@link
 * dev.visionmamba.scans.ScanStrategy} makes the paths of all directions for a grid, and {@link
 * dev.visionmamba.scans.SelectiveScan} runs the state-space recurrence along them. {@link
 * dev.visionmamba.scans.StateSpaceDuality} holds the forms that are matrix products (Mamba-2).
 */
package dev.visionmamba.scans;
