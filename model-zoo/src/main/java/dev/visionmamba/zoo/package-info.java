/**
 * Models by name: what a model file says about itself, which models are bundled, and how a network
 * is built and filled from one.
 *
 * <p>{@link dev.visionmamba.zoo.ModelCatalogue} knows the names: bundled models, which are
 * resources of this library; checkpoints that their authors have released ({@link
 * dev.visionmamba.zoo.catalogue}), which are fetched once ({@link dev.visionmamba.zoo.download});
 * folders and files of one's own. Each opens as a {@link dev.visionmamba.zoo.TrainedModel}: a
 * network with its weights, the preprocessing that it was measured with, and the names of its
 * classes.
 */
package dev.visionmamba.zoo;
