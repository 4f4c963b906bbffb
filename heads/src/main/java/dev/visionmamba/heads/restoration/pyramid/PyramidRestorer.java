package dev.visionmamba.heads.restoration.pyramid;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Backbone;
import dev.visionmamba.backbones.Backbone.LevelShape;
import dev.visionmamba.backbones.FeaturePyramid;
import dev.visionmamba.backbones.Probe;
import dev.visionmamba.backbones.layers.Maps;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.layers.Padding;
import dev.visionmamba.heads.restoration.layers.Pixels;
import dev.visionmamba.heads.restoration.layers.Scopes;
import dev.visionmamba.scans.autograd.Tape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A restorer on any backbone: the backbone's feature pyramid, a {@link PyramidDecoder} that climbs
 * it, and a skip from the image to the result, enlarged by bicubic interpolation (Keys' kernel with
 * a = -0.5, as PIL has it) where the result is larger. The decoder's last layer starts at zero, so
 * an untrained network gives the image itself, or the bicubic one. With a VMamba it is a
 * hierarchical state-space restorer such as Serpent (arXiv:2403.17902) in kind, though not in its
 * details.
 *
 * <p>The backbone and the decoder see (x - mean) / deviation, ImageNet's for colours and 0.45 and
 * 0.226 for grey, so that a pre-trained backbone is at home. Parameters are named {@code backbone}
 * and {@code decoder}. Images of any size are mirrored at the right and the bottom to a multiple of
 * the coarsest stride, again and again if they are tiny, and the output is cut.
 */
public final class PyramidRestorer extends Restorer {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};
  private static final float GREY_MEAN = 0.45f;
  private static final float GREY_DEVIATION = 0.226f;

  /** libtorch's bicubic interpolation, by DJL's number. */
  private static final int BICUBIC = 3;

  private static final String BACKBONE = "backbone.";

  private final Backbone backbone;
  private final PyramidDecoder decoder;

  /**
   * A network with uninitialised parameters.
   *
   * @param backbone the encoder, of images of 1 or 3 channels
   * @param config the decoder's shape
   * @throws IllegalArgumentException if the strides of the backbone's levels are not powers of two
   *     that rise, or its images have other channels
   */
  public PyramidRestorer(Backbone backbone, PyramidDecoderConfig config) {
    if (backbone.imageChannels() != 1 && backbone.imageChannels() != 3) {
      throw new IllegalArgumentException(
          "a restorer's images have 1 or 3 channels, the backbone's " + backbone.imageChannels());
    }
    this.backbone = child("backbone", backbone);
    this.decoder =
        child("decoder", new PyramidDecoder(backbone.levels(), config, backbone.imageChannels()));
  }

  @Override
  protected NDArray restore(ParameterStore store, NDArray images, boolean training) {
    NDArray start = Tape.cut(images);
    NDArray residual = residual(store, start, training);
    long height = scale() * images.getShape().get(2);
    long width = scale() * images.getShape().get(3);
    try (NDArray cut = residual.get(":, :" + height + ", :" + width);
        NDArray added = Pixels.channelFirst(cut)) {
      Scopes.release(training, residual);
      if (scale() == 1) {
        return added.add(start);
      }
      try (NDArray enlarged = enlarged(start, height, width)) {
        return added.add(enlarged);
      }
    }
  }

  private static NDArray enlarged(NDArray images, long height, long width) {
    return images.getNDArrayInternal().interpolation(new long[] {height, width}, BICUBIC, false);
  }

  /** (B, scale * H', scale * W', channels) of images that are padded to H' and W'. */
  private NDArray residual(ParameterStore store, NDArray images, boolean training) {
    NDArray pixels = Tape.cut(normalised(images));
    try (NDArray view = pixels.transpose(0, 3, 1, 2)) {
      FeaturePyramid pyramid = backbone.features(store, view, training, Probe.NONE);
      NDArray residual = decoder.forward(store, pixels, pyramid, training);
      Scopes.release(training, pixels);
      return residual;
    }
  }

  /** Padded, normalised and channel-last. */
  private NDArray normalised(NDArray images) {
    Shape s = images.getShape();
    int multiple = sizeMultiple();
    NDArray padded =
        Padding.reflectAgain(
            images, Padding.roundUp(s.get(2), multiple), Padding.roundUp(s.get(3), multiple));
    boolean grey = channels() == 1;
    try (NDArray map = Maps.channelLast(padded, channels());
        NDArray mean = constant(map, grey ? new float[] {GREY_MEAN} : MEAN);
        NDArray deviation = constant(map, grey ? new float[] {GREY_DEVIATION} : DEVIATION);
        NDArray centred = map.sub(mean)) {
      return centred.div(deviation);
    } finally {
      if (padded != images) {
        padded.close();
      }
    }
  }

  /** In libtorch's own memory: autograd saves it, and Java's may be collected before. */
  private static NDArray constant(NDArray like, float[] values) {
    try (NDArray array = like.getManager().create(values);
        NDArray typed = array.toType(like.getDataType(), false)) {
      return typed.duplicate();
    }
  }

  @Override
  public int scale() {
    return decoder.config().scale();
  }

  @Override
  public int channels() {
    return backbone.imageChannels();
  }

  /** The coarsest stride. */
  @Override
  public int sizeMultiple() {
    List<LevelShape> levels = backbone.levels();
    return levels.get(levels.size() - 1).stride();
  }

  @Override
  public int minimalSide() {
    return 1;
  }

  @Override
  public long multiplyAdds(int height, int width) {
    int h = Math.toIntExact(Padding.roundUp(height, sizeMultiple()));
    int w = Math.toIntExact(Padding.roundUp(width, sizeMultiple()));
    return backbone.multiplyAdds(h, w) + decoder.multiplyAdds(h, w);
  }

  /**
   * The encoder.
   *
   * @return the backbone
   */
  public Backbone backbone() {
    return backbone;
  }

  /**
   * The head.
   *
   * @return the decoder
   */
  public PyramidDecoder decoder() {
    return decoder;
  }

  @Override
  public void adapt(Map<String, NDArray> tensors) {
    Map<String, NDArray> own = new HashMap<>();
    for (String name : List.copyOf(tensors.keySet())) {
      if (name.startsWith(BACKBONE)) {
        own.put(name.substring(BACKBONE.length()), tensors.remove(name));
      }
    }
    backbone.adapt(own);
    own.forEach((name, tensor) -> tensors.put(BACKBONE + name, tensor));
  }
}
