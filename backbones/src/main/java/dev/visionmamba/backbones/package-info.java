/**
 * What every backbone is: images in, a feature pyramid out, made by name from the registry. Each
 * family has a package of its own below this one.
 *
 * <p>A {@link dev.visionmamba.backbones.Backbone} takes images (B, 3, H, W) and gives a {@link
 * dev.visionmamba.backbones.FeaturePyramid}: maps with their channels and strides, the finest
 * first. A plain backbone gives one level, of which {@link
 * dev.visionmamba.backbones.SimpleFeaturePyramid} makes four (Li et al. 2022, <a
 * href="https://arxiv.org/abs/2203.16527">arXiv:2203.16527</a>); a hierarchical one gives a level
 * for each stage. {@link dev.visionmamba.backbones.Backbones} makes one by its published name with
 * the arguments of the reference's constructor, and {@link dev.visionmamba.backbones.Probe} looks
 * at what passes inside. Parameters have the names of the published state dicts, so published
 * weights load without renaming.
 */
package dev.visionmamba.backbones;
