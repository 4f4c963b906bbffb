/** JMH benchmarks of the operators; README.md says how to run them. */
package dev.visionmamba.benchmarks;
