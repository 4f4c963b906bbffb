/**
 * Which of an image's true boxes an anchor or a proposal is to learn, and which of them a training
 * step looks at. Plain Java on float arrays: boxes are x1 y1 x2 y2 in pixels, four numbers each,
 * one box after the other.
 */
package dev.visionmamba.heads.assign;
