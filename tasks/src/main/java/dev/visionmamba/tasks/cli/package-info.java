/**
 * The command line: one class a command, each a thin shell around the classes that an application
 * calls. {@link dev.visionmamba.tasks.cli.Main} runs it.
 */
package dev.visionmamba.tasks.cli;
