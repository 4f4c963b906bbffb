/**
 * The command line: one class a command, each a thin shell around the classes that an application
 * calls.
 */
package dev.visionmamba.tasks.cli;
