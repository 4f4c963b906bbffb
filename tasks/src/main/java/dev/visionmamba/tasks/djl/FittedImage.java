package dev.visionmamba.tasks.djl;

import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslatorContext;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;

/**
 * An image as a detector or a segmenter sees it.
 *
 * @param pixels (1, 3, H, W), normalised and filled up with zeros
 * @param frame what of it is not filled up, and the size that the image had
 */
record FittedImage(NDArray pixels, ImageFrame frame) {
  private static final String FRAME = "frame";

  /** Prepares an image; its frame is remembered for the answer. */
  static FittedImage of(Image image, FitPreprocessing preprocessing, TranslatorContext context) {
    PixelImage picture = PixelImage.of(image);
    RescaleSize size = preprocessing.size(picture.width(), picture.height());
    int height = preprocessing.padded(size.height());
    int width = preprocessing.padded(size.width());
    NDArray pixels =
        HostMemory.write(
            context.getNDManager(),
            new Shape(1, 3, height, width),
            memory -> preprocessing.write(picture, memory, width, height));
    ImageFrame frame = ImageFrame.of(size, picture.height(), picture.width());
    context.setAttachment(FRAME, frame);
    return new FittedImage(pixels, frame);
  }

  /** The frame of the image that was prepared last. */
  static ImageFrame frame(TranslatorContext context) {
    return (ImageFrame) context.getAttachment(FRAME);
  }
}
