package dev.visionmamba.heads.restoration.mambairv2;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.layers.ResidualRestorer;
import dev.visionmamba.heads.restoration.layers.Scopes;
import java.util.Map;

/**
 * MambaIRv2 (Guo et al. 2024, arXiv:2411.15269): residual groups of attention in windows and of an
 * attentive state space, which sorts tokens by their meaning and scans them once. Images are
 * mirrored at the right and the bottom to whole windows, as the reference does.
 *
 * <p>Which prompt a token is given is drawn at random by the reference, in prediction, too (Gumbel
 * softmax); here prediction takes the most likely one, so that it gives the same output every time.
 */
public final class MambaIRv2 extends ResidualRestorer {
  /** A buffer of the published state dicts that follows from the window's size. */
  private static final String POSITIONS = "relative_position_index_SA";

  private final MambaIRv2Config config;
  private final NamedBlocks<AttentiveGroup> layers;

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public MambaIRv2(MambaIRv2Config config) {
    this(config, groups(config));
  }

  private MambaIRv2(MambaIRv2Config config, NamedBlocks<AttentiveGroup> layers) {
    super(config.shape(), layers);
    this.config = config;
    this.layers = layers;
  }

  private static NamedBlocks<AttentiveGroup> groups(MambaIRv2Config config) {
    NamedBlocks<AttentiveGroup> groups = new NamedBlocks<>();
    for (int i = 0; i < config.depths().size(); i++) {
      groups.add(new AttentiveGroup(config, i));
    }
    return groups;
  }

  @Override
  protected NDArray deepFeatures(ParameterStore store, NDArray x, boolean training) {
    try (Windows windows = Windows.of(x, config.windowSize())) {
      NDArray y = x;
      for (AttentiveGroup group : layers.list()) {
        NDArray before = y;
        y = group.forward(store, before, windows, training);
        Scopes.release(training, before);
      }
      return y;
    }
  }

  @Override
  protected long deepMultiplyAdds(long height, long width) {
    return layers.list().stream().mapToLong(group -> group.multiplyAdds(height, width)).sum();
  }

  /** Leaves out a buffer that the network computes itself. */
  @Override
  public void adapt(Map<String, NDArray> tensors) {
    tensors.remove(POSITIONS);
  }

  /** The size of a window. */
  @Override
  public int sizeMultiple() {
    return config.windowSize();
  }

  /** Half a window. */
  @Override
  public int minimalSide() {
    return (config.windowSize() + 1) / 2;
  }
}
