package dev.visionmamba.heads.restoration.mambair;

import ai.djl.ndarray.NDArray;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.Conv2d.Geometry;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.layers.Padding;
import dev.visionmamba.heads.restoration.layers.Pixels;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;
import java.util.ArrayList;
import java.util.List;

/**
 * MambaIR's network for real denoising (arXiv:2402.15648, section 4.4): a U-Net of four levels, as
 * Restormer's (arXiv:2111.09881), of MambaIR's blocks; what it gives is added to the image. Images
 * whose sides are no multiples of eight are mirrored at the right and the bottom, as the reference
 * does in validation.
 */
public final class MambaIRUNet extends Restorer {
  static final int LEVELS = 4;

  private static final int STATES = 16;

  /** Each level has half the resolution of the one before. */
  private static final int MULTIPLE = 1 << (LEVELS - 1);

  private final MambaIRUNetConfig config;
  private final Conv2d patchEmbed;
  private final List<NamedBlocks<VSSBlock>> encoder = new ArrayList<>(); // the last is the latent
  private final List<Conv2d> downs = new ArrayList<>();
  private final Conv2d[] ups = new Conv2d[LEVELS - 1]; // from level i + 1 to level i
  private final Linear[] reduceChannels = new Linear[LEVELS - 1]; // none for level 0
  private final List<NamedBlocks<VSSBlock>> decoder = new ArrayList<>(); // deepest first
  private final NamedBlocks<VSSBlock> refinement;
  private final Conv2d output;

  /**
   * A network with uninitialised parameters.
   *
   * @param config its shape
   */
  public MambaIRUNet(MambaIRUNetConfig config) {
    this.config = config;
    int dim = config.dim();
    patchEmbed = child("patch_embed.proj", convolution(config.channels(), dim, false));
    for (int i = 0; i < LEVELS; i++) {
      boolean last = i == LEVELS - 1;
      String name = last ? "latent" : "encoder_level" + (i + 1);
      encoder.add(child(name, blocks(dim << i, config.blocks().get(i))));
      if (!last) {
        String down = "down" + (i + 1) + "_" + (i + 2) + ".body.0";
        downs.add(child(down, convolution(dim << i, (dim << i) / 2, false)));
      }
    }
    for (int i = LEVELS - 2; i >= 0; i--) {
      int below = dim << (i + 1);
      ups[i] =
          child("up" + (i + 2) + "_" + (i + 1) + ".body.0", convolution(below, 2 * below, false));
      if (i > 0) {
        reduceChannels[i] =
            child(
                "reduce_chan_level" + (i + 1),
                Linear.pointwise(below, below / 2, 2, config.bias()));
      }
      // The first level keeps the channels of the skip beside its own.
      int channels = i > 0 ? dim << i : below;
      decoder.add(child("decoder_level" + (i + 1), blocks(channels, config.blocks().get(i))));
    }
    refinement = child("refinement", blocks(2 * dim, config.refinementBlocks()));
    output = child("output", convolution(2 * dim, config.channels(), config.bias()));
  }

  private static Conv2d convolution(int in, int out, boolean bias) {
    return Conv2d.standard(in, out, Geometry.dense(3, 1, 1), bias);
  }

  private NamedBlocks<VSSBlock> blocks(int channels, int count) {
    VSSBlock.Form form = new VSSBlock.Form(channels, STATES, config.expand(), false, false);
    NamedBlocks<VSSBlock> blocks = new NamedBlocks<>();
    for (int i = 0; i < count; i++) {
      blocks.add(new VSSBlock(form, config.dropPathRate()));
    }
    return blocks;
  }

  @Override
  protected NDArray restore(ParameterStore store, NDArray images, boolean training) {
    long height = images.getShape().get(2);
    long width = images.getShape().get(3);
    NDArray pixels = Tape.cut(pixels(images));
    NDArray x = Casts.toSingle(patchEmbed.forward(store, pixels, training)); // (B, H, W, C)
    List<NDArray> skips = new ArrayList<>();
    for (int i = 0; i < LEVELS - 1; i++) {
      NDArray encoded = Tape.cut(run(encoder.get(i), store, x, training));
      skips.add(encoded);
      try (NDArray convolved = downs.get(i).forward(store, encoded, training)) {
        x = Pixels.unshuffle(convolved, 2); // half the size, twice the channels
      }
    }
    x = run(encoder.get(LEVELS - 1), store, x, training);
    for (int i = LEVELS - 2; i >= 0; i--) {
      NDArray joined = join(store, x, i, skips.get(i), training);
      x = run(decoder.get(LEVELS - 2 - i), store, joined, training);
    }
    x = run(refinement, store, x, training);
    NDArray residual = output.forward(store, x, training);
    Scopes.release(training, x);
    try (NDArray restored = residual.add(pixels);
        NDArray cut = restored.get(":, :" + height + ", :" + width)) {
      Scopes.release(training, residual);
      Scopes.release(training, pixels);
      return Pixels.channelFirst(cut);
    }
  }

  /** Padded images, channel-last. */
  private NDArray pixels(NDArray images) {
    long height = Padding.roundUp(images.getShape().get(2), MULTIPLE);
    long width = Padding.roundUp(images.getShape().get(3), MULTIPLE);
    NDArray padded = Padding.reflect(images, height, width);
    try {
      return Maps.channelLast(padded, config.channels());
    } finally {
      if (padded != images) {
        padded.close();
      }
    }
  }

  /** Blocks that use up their input. */
  private static NDArray run(
      NamedBlocks<VSSBlock> blocks, ParameterStore store, NDArray x, boolean training) {
    NDArray y = VSSBlock.forwardAll(blocks, store, x, training);
    Scopes.release(training, x);
    return y;
  }

  /** The deeper map at twice its size, and beside it the skip; both are used up. */
  private NDArray join(
      ParameterStore store, NDArray deeper, int level, NDArray skip, boolean training) {
    try (NDArray convolved = ups[level].forward(store, deeper, training);
        NDArray large = Pixels.shuffle(convolved, 2)) {
      NDArray both = large.concat(skip, 3);
      Scopes.release(training, deeper);
      Scopes.release(training, skip);
      if (reduceChannels[level] == null) {
        return both;
      }
      try (both) {
        return reduceChannels[level].forward(store, both, training);
      }
    }
  }

  @Override
  public int scale() {
    return 1;
  }

  @Override
  public int channels() {
    return config.channels();
  }

  /** 8. */
  @Override
  public int sizeMultiple() {
    return MULTIPLE;
  }

  /** 5: a side must be longer than what is mirrored of it. */
  @Override
  public int minimalSide() {
    return MULTIPLE / 2 + 1;
  }

  @Override
  public long multiplyAdds(int height, int width) {
    long h = Padding.roundUp(height, MULTIPLE);
    long w = Padding.roundUp(width, MULTIPLE);
    long cost = patchEmbed.multiplyAdds(h, w) + output.multiplyAdds(h, w);
    for (int i = 0; i < LEVELS; i++) {
      cost += VSSBlock.multiplyAdds(encoder.get(i), h >> i, w >> i);
    }
    for (int i = 0; i < LEVELS - 1; i++) {
      cost += downs.get(i).multiplyAdds(h >> i, w >> i);
      cost += ups[i].multiplyAdds(h >> (i + 1), w >> (i + 1));
      cost += reduceChannels[i] == null ? 0 : reduceChannels[i].multiplyAdds((h >> i) * (w >> i));
      cost += VSSBlock.multiplyAdds(decoder.get(LEVELS - 2 - i), h >> i, w >> i);
    }
    return cost + VSSBlock.multiplyAdds(refinement, h, w);
  }
}
