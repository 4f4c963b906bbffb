/**
 * What every backbone is: images in, a feature pyramid out, made by name from the registry. Each
 * family has a package of its own below this one.
 */
package dev.visionmamba.backbones;
