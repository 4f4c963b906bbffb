package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.DropPath;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.ResidualRestorer;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.heads.restoration.layers.Upsampling;
import java.util.Arrays;

/**
 * MambaIR (Guo et al. 2024, arXiv:2402.15648): residual groups of blocks that scan the map in four
 * directions and attend to channels, all at the resolution of the image. Images of any size are
 * taken as they are.
 */
public final class MambaIR extends ResidualRestorer {
  private final NamedBlocks<ResidualGroup> layers;

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public MambaIR(MambaIRConfig config) {
    this(config, groups(config));
  }

  private MambaIR(MambaIRConfig config, NamedBlocks<ResidualGroup> layers) {
    super(config.shape(), layers);
    this.layers = layers;
  }

  private static NamedBlocks<ResidualGroup> groups(MambaIRConfig config) {
    boolean lightweight = config.shape().upsampling() == Upsampling.PIXEL_SHUFFLE_DIRECT;
    VSSBlock.Form block =
        new VSSBlock.Form(
            config.shape().embedDim(), config.stateSize(), config.expand(), lightweight, true);
    int all = config.depths().stream().mapToInt(Integer::intValue).sum();
    float[] rates = DropPath.rates(config.dropPathRate(), all);
    NamedBlocks<ResidualGroup> groups = new NamedBlocks<>();
    int first = 0;
    for (int depth : config.depths()) {
      float[] ofGroup = Arrays.copyOfRange(rates, first, first + depth);
      groups.add(new ResidualGroup(block, ofGroup, config.shape().residualConnection()));
      first += depth;
    }
    return groups;
  }

  @Override
  protected NDArray deepFeatures(ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (ResidualGroup group : layers.list()) {
      NDArray before = y;
      y = group.forward(store, before, training);
      Scopes.release(training, before);
    }
    return y;
  }

  @Override
  protected long deepMultiplyAdds(long height, long width) {
    return layers.list().stream().mapToLong(group -> group.multiplyAdds(height, width)).sum();
  }

  /** 1: nothing is padded. */
  @Override
  public int sizeMultiple() {
    return 1;
  }

  @Override
  public int minimalSide() {
    return 1;
  }
}
