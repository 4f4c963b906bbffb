/**
 * Reading and writing weight files. Nothing in a file is trusted: every length and offset is
 * checked before it is used, and no file runs code.
 */
package dev.visionmamba.zoo.checkpoint;
