/** Layers that heads and necks share: convolutions with norm and activation, resizing of maps. */
package dev.visionmamba.heads.layers;
