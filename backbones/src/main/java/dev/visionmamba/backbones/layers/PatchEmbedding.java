package dev.visionmamba.backbones.layers;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;

/**
 * Cuts an image into patches and embeds each: a convolution without padding, its map flattened row
 * by row (ViT, arXiv:2010.11929, equation 1). Parameters {@code proj.weight} (embed, in, patch,
 * patch) and {@code proj.bias} (embed).
 */
public final class PatchEmbedding extends NamedBlock {
  private final int inChannels;
  private final int embedChannels;
  private final int patchSize;
  private final int stride;
  private final Conv2d proj;

  /**
   * An embedding.
   *
   * @param inChannels channels of the image
   * @param embedChannels channels of a token
   * @param patchSize height and width of a patch in pixels
   * @param stride how far apart patches begin in pixels
   */
  public PatchEmbedding(int inChannels, int embedChannels, int patchSize, int stride) {
    this.inChannels = inChannels;
    this.embedChannels = embedChannels;
    this.patchSize = patchSize;
    this.stride = stride;
    long fanIn = (long) inChannels * patchSize * patchSize;
    // LeCun's normal: the cut at two deviations narrows a normal to 0.8796 of its width.
    float deviation = (float) (Math.sqrt(1.0 / fanIn) / 0.87962566103423978);
    this.proj =
        child(
            "proj",
            new Conv2d(
                inChannels,
                embedChannels,
                Conv2d.Geometry.dense(patchSize, stride, 0),
                Initializers.truncatedNormal(deviation),
                Initializers.constant(0f)));
  }

  /**
   * (B, in, H, W) to (B, P, embed), P = gridSize(H) * gridSize(W).
   *
   * @param store the parameter store
   * @param images the images
   * @param training whether this is a training step
   * @return the tokens
   * @throws IllegalArgumentException if the images have other channels or are smaller than a patch
   */
  @Override
  public NDArray forward(ParameterStore store, NDArray images, boolean training) {
    Shape shape = Maps.requireImages(images.getShape(), inChannels);
    gridSize(shape.get(2));
    gridSize(shape.get(3));
    NDArray map = proj.forward(store, images.transpose(0, 2, 3, 1), training); // (B, h, w, embed)
    long patches = map.getShape().get(1) * map.getShape().get(2);
    return map.reshape(shape.get(0), patches, embedChannels);
  }

  /**
   * How many patches fit along a side.
   *
   * @param pixels the side's length
   * @return at least 1
   * @throws IllegalArgumentException if none fits
   */
  public int gridSize(long pixels) {
    if (pixels < patchSize) {
      throw new IllegalArgumentException(
          "an image side of " + pixels + " pixels is smaller than a patch of " + patchSize);
    }
    return Math.toIntExact((pixels - patchSize) / stride + 1);
  }

  /**
   * What the embedding costs.
   *
   * @param patches how many patches
   * @return multiply-adds
   */
  public long multiplyAdds(long patches) {
    return patches * embedChannels * inChannels * patchSize * patchSize;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    Shape x = inputShapes[0];
    return new Shape[] {
      new Shape(x.get(0), (long) gridSize(x.get(2)) * gridSize(x.get(3)), embedChannels)
    };
  }
}
