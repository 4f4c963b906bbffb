/** Pictures that explain: how a scan strategy walks a grid. */
package dev.visionmamba.tasks.drawing;
