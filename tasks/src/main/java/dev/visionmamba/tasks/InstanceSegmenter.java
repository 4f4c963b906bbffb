package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.modality.cv.Image;
import ai.djl.repository.zoo.ModelNotFoundException;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Finds the objects in a picture and the pixels of each: a box, a class, a score and a mask of the
 * picture's size. Thread-safe: one segmenter serves any number of threads; closing it waits for
 * those that compute.
 *
 * <pre>{@code
 * try (InstanceSegmenter segmenter = InstanceSegmenter.load("vmamba_micro.fashion_scenes_detection")) {
 *   DetectedPicture answer = segmenter.segment(Path.of("scene.png"));
 *   answer.detections().forEach(found -> System.out.println(found.mask().area()));
 * }
 * }</pre>
 *
 * <p>Large pictures with small objects are best looked at {@linkplain DetectionTiling tile by
 * tile}.
 */
public final class InstanceSegmenter implements AutoCloseable {
  private final PictureDetector detector;

  private InstanceSegmenter(DetectorModel model, DetectorOptions options) {
    this.detector = new PictureDetector(model, "instance segmenter", options, true);
  }

  /**
   * Loads a segmenter of instances on the CPU.
   *
   * @param nameOrPath a model's name, a safetensors file with a description, or a folder that
   *     training has written
   * @return the instance segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no detector's
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the model finds no masks
   */
  public static InstanceSegmenter load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu(), DetectorOptions.DEFAULT);
  }

  /**
   * Loads a segmenter of instances.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param options which objects are given, and how pictures are looked at
   * @return the instance segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no detector's
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the model finds no masks
   */
  public static InstanceSegmenter load(String nameOrPath, Device device, DetectorOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    DetectorModel model = ModelCatalogue.loadDetector(nameOrPath, device);
    try {
      return of(model, options);
    } catch (IllegalArgumentException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Loads a segmenter that computes in some precision.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param precision of its products
   * @param options which objects are given, and how pictures are looked at
   * @return the segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is of another task
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the device is not there
   */
  public static InstanceSegmenter load(
      String nameOrPath, Device device, Precision precision, DetectorOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    DetectorModel model = ModelCatalogue.loadDetector(nameOrPath, device);
    model.setPrecision(precision);
    return of(model, options);
  }

  /**
   * A segmenter of a loaded model.
   *
   * @param model with all its weights, its batch norms folded into the convolutions before them for
   *     good; closed with the instance segmenter
   * @param options which objects are given, and how pictures are looked at
   * @return the instance segmenter
   * @throws IllegalArgumentException if the model finds no masks
   */
  public static InstanceSegmenter of(DetectorModel model, DetectorOptions options) {
    if (!model.network().head().findsMasks()) {
      String name = model.description().name();
      String head = model.description().head().name();
      throw new IllegalArgumentException(
          name
              + " finds boxes without masks, as its head is "
              + head
              + "; use an ObjectDetector, or a model with the head mask_rcnn");
    }
    return new InstanceSegmenter(model, options);
  }

  /**
   * Finds the objects in a picture in a file.
   *
   * @param file any picture that {@link ImageDecoder} reads; seen upright
   * @return the objects
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this instance segmenter is closed
   */
  public DetectedPicture segment(Path file) throws IOException {
    return segment(ImageDecoder.decode(file));
  }

  /**
   * Finds the objects in a picture from a stream, which is read to its end and not closed.
   *
   * @param stream the bytes of a picture file
   * @return the objects
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this instance segmenter is closed
   */
  public DetectedPicture segment(InputStream stream) throws IOException {
    return segment(ImageDecoder.decode(stream, "the stream"));
  }

  /**
   * Finds the objects in a DJL image.
   *
   * @param image the picture
   * @return the objects; {@link DetectedPicture#toDjl} has them as DJL does
   * @throws IllegalStateException if this instance segmenter is closed
   */
  public DetectedPicture segment(Image image) {
    return segment(PixelImage.of(image));
  }

  /**
   * Finds the objects in several DJL images.
   *
   * @param images the pictures, of any sizes
   * @return the objects in each
   * @throws IllegalStateException if this instance segmenter is closed
   */
  public List<DetectedPicture> segment(List<Image> images) {
    return segmentPixels(images.stream().map(PixelImage::of).toList());
  }

  /**
   * Finds the objects in a decoded picture.
   *
   * @param picture of any size
   * @return the objects
   * @throws IllegalStateException if this instance segmenter is closed
   */
  public DetectedPicture segment(PixelImage picture) {
    return segmentPixels(List.of(picture)).get(0);
  }

  /**
   * Finds the objects in several decoded pictures; those whose inputs are of one size are computed
   * together.
   *
   * @param pictures of any sizes
   * @return the objects in each
   * @throws IllegalStateException if this instance segmenter is closed
   * @throws IllegalArgumentException if the network computes scores or boxes that are not finite
   */
  public List<DetectedPicture> segmentPixels(List<PixelImage> pictures) {
    return detector.detect(pictures);
  }

  /**
   * What the model says about itself.
   *
   * @return the description, with the classes' names
   */
  public ModelDescription description() {
    return detector.description();
  }

  /** Frees the weights, after the threads that compute have finished. */
  @Override
  public void close() {
    detector.close();
  }
}
