package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import dev.visionmamba.scans.autograd.Tape;
import java.util.function.UnaryOperator;

/**
 * What happens around some layers of the backbone: before them, an injector tells their map what
 * the tokens of the convolutional branch see; after them, an extractor tells the tokens what the
 * layers have made of it, in the last block three times. Parameters {@code injector}, {@code
 * extractor} and {@code extra_extractors.0}, {@code extra_extractors.1}.
 */
public final class InteractionBlock extends NamedBlock {
  private static final int EXTRA = 2;

  private final Injector injector;
  private final Extractor extractor;
  private final NamedBlocks<Extractor> extraExtractors;

  /**
   * A block with uninitialised parameters.
   *
   * @param channels C, of the map and of the tokens
   * @param config the adapter's shape
   * @param last whether it is the last, which extracts three times
   * @param dropPathRate of the extractors' feed-forwards in training
   * @throws IllegalArgumentException if the heads cannot share the channels
   */
  public InteractionBlock(int channels, AdapterConfig config, boolean last, float dropPathRate) {
    this.injector = child("injector", new Injector(channels, config));
    this.extractor = child("extractor", new Extractor(channels, config, dropPathRate));
    NamedBlocks<Extractor> extra = new NamedBlocks<>();
    if (last) {
      child("extra_extractors", extra);
      for (int i = 0; i < EXTRA; i++) {
        extra.add(new Extractor(channels, config, dropPathRate));
      }
    }
    this.extraExtractors = extra;
  }

  /**
   * What the two branches have between them.
   *
   * @param map (B, H, W, C), the backbone's; H and W even
   * @param tokens (B, 4HW + HW + HW/4, C), those of maps of twice, once and half its sides
   */
  public record Streams(NDArray map, NDArray tokens) {}

  /**
   * Injects, runs the layers and extracts. Outside training, the arrays that it is given are
   * closed.
   *
   * @param store the parameter store
   * @param streams what is there before
   * @param layers the backbone's, which outside training close what they are given
   * @param training whether this is a training step
   * @return what is there after
   */
  public Streams forward(
      ParameterStore store, Streams streams, UnaryOperator<NDArray> layers, boolean training) {
    // Each goes more than one way, of which one passes the sampling.
    NDArray tokens = Tape.cut(streams.tokens());
    NDArray injected = injector.forward(store, streams.map(), tokens, training);
    release(training, streams.map());
    NDArray map = Tape.cut(layers.apply(injected));
    NDArray extracted = extractor.forward(store, tokens, map, training);
    release(training, tokens);
    for (Extractor extra : extraExtractors.list()) {
      NDArray before = extracted;
      extracted = extra.forward(store, before, map, training);
      release(training, before);
    }
    return new Streams(map, extracted);
  }

  private static void release(boolean training, NDArray array) {
    if (!training) {
      array.close();
    }
  }

  /**
   * What the block costs without the layers.
   *
   * @param height H of the map
   * @param width W of the map
   * @return multiply-adds
   */
  public long multiplyAdds(int height, int width) {
    MapSize size = new MapSize(height, width);
    long tokens = MapSize.tokens(MapSize.around(size));
    return injector.multiplyAdds(size.tokens(), tokens)
        + (1 + extraExtractors.list().size()) * extractor.multiplyAdds(size.tokens(), tokens);
  }

  /** Has two inputs. */
  @Override
  public NDArray forward(ParameterStore store, NDArray x, boolean training) {
    throw new UnsupportedOperationException("an interaction needs a map and tokens");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
