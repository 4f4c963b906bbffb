package dev.visionmamba.tasks.training;

import dev.visionmamba.backbones.Backbone;

/**
 * Which parts of a trained network learn further, and how fast.
 *
 * @param frozenStages how many stages stay as they are, and the stem with them; -1 for not even the
 *     stem
 * @param headOnly whether the whole backbone stays as it is
 * @param layerDecay by how much slower a layer learns than the one after it: the learning rate of
 *     each is this part of the next one's, and the head's is the full one (BEiT, arXiv:2106.08254);
 *     above 0, up to 1
 */
public record FineTuning(int frozenStages, boolean headOnly, float layerDecay) {

  /** Everything learns alike. */
  public static final FineTuning NONE = new FineTuning(-1, false, 1);

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException naming what is out of range
   */
  public FineTuning {
    Ranges.require(frozenStages >= -1, "number of frozen stages", frozenStages);
    Ranges.require(layerDecay > 0 && layerDecay <= 1, "decay by layer", layerDecay);
  }

  /**
   * Freezes what is not to learn. A trainer unfreezes everything when it is made, so this comes
   * after it.
   *
   * @throws IllegalArgumentException if the network has fewer stages
   */
  void freeze(Backbone backbone) {
    if (headOnly) {
      backbone.freezeParameters(true);
    } else {
      backbone.freezeStages(frozenStages);
    }
  }
}
