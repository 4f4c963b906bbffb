/** Pictures that explain: how a scan strategy walks a grid, what a restoration did. */
package dev.visionmamba.tasks.drawing;
