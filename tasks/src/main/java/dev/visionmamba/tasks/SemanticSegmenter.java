package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Says for every pixel of a picture what it shows. One segmenter serves any number of threads;
 * closing it waits for those that compute.
 */
public final class SemanticSegmenter implements AutoCloseable {
  private final SegmenterModel model;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private SemanticSegmenter(SegmenterModel model) {
    this.model = model;
  }

  /**
   * Loads a segmenter on the CPU.
   *
   * @param nameOrPath a bundled model's name, a safetensors file with a description, or a folder
   *     that training has written
   * @return the segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no segmenter's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SemanticSegmenter load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return of(ModelCatalogue.loadSegmenter(nameOrPath, Device.cpu()));
  }

  /**
   * A segmenter of a loaded model.
   *
   * @param model with all its weights; closed with the segmenter
   * @return the segmenter
   */
  public static SemanticSegmenter of(SegmenterModel model) {
    return new SemanticSegmenter(model);
  }

  /**
   * Segments a picture in a file.
   *
   * @param file any picture that {@link ImageDecoder} reads; seen upright
   * @return the class of each pixel, at the picture's size
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this segmenter is closed
   */
  public SegmentedPicture segment(Path file) throws IOException {
    return segment(ImageDecoder.decode(file));
  }

  /**
   * Segments a decoded picture.
   *
   * @param picture of any size
   * @return the class of each pixel, at the picture's size
   * @throws IllegalStateException if this segmenter is closed
   */
  public SegmentedPicture segment(PixelImage picture) {
    lock.readLock().lock();
    try {
      if (closed) {
        throw new IllegalStateException(
            "the segmenter " + model.description().name() + " is closed");
      }
      return segment(model, picture);
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * Segments a picture with a model that is open.
   *
   * @param model the model
   * @param picture of any size
   * @return the class of each pixel, at the picture's size
   */
  public static SegmentedPicture segment(SegmenterModel model, PixelImage picture) {
    FitPreprocessing preprocessing = new FitPreprocessing(model.description().fit());
    RescaleSize size = preprocessing.size(picture.width(), picture.height());
    int width = preprocessing.padded(size.width());
    int height = preprocessing.padded(size.height());
    try (NDManager manager = model.djlModel().getNDManager().newSubManager()) {
      NDArray images = manager.create(new Shape(1, 3, height, width), DataType.FLOAT32);
      preprocessing.write(
          picture,
          images.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer(),
          width,
          height);
      NDArray scores =
          SegmentationInference.whole()
              .scores(model.network(), new ParameterStore(manager, false), images)
              .get(":, :, :" + size.height() + ", :" + size.width());
      NDArray labels =
          SegmentationInference.labels(scores, picture.height(), picture.width())
              .toType(DataType.UINT8, false);
      byte[] bytes = new byte[picture.width() * picture.height()];
      labels.toByteBuffer().get(bytes);
      return new SegmentedPicture(
          new LabelMap(picture.width(), picture.height(), bytes), model.description().classes());
    }
  }

  /**
   * What the model says about itself.
   *
   * @return the description, with the classes' names
   */
  public ModelDescription description() {
    return model.description();
  }

  /** Frees the weights, after the threads that compute have finished. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        model.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
