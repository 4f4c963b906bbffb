package dev.visionmamba.backbones.layers;

/** A block over channel-last maps, whose cost follows from their size. */
public abstract class MapBlock extends NamedBlock {

  /** For subclasses. */
  protected MapBlock() {}

  /**
   * What the block costs.
   *
   * @param height of the input
   * @param width of the input
   * @return multiply-adds
   */
  public abstract long multiplyAdds(long height, long width);
}
