/**
 * Models by name: what a model file says about itself, which models are bundled, and how a network
 * is built and filled from one.
 */
package dev.visionmamba.zoo;
