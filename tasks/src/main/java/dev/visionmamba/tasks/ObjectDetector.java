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
 * Finds the objects in a picture: a box, a class and a score for each. Thread-safe: one detector
 * serves any number of threads; closing it waits for those that compute. A model that finds masks,
 * too, is taken without them; {@link InstanceSegmenter} gives them.
 *
 * <pre>{@code
 * try (ObjectDetector detector = ObjectDetector.load("vmamba_micro.fashion_scenes_detection")) {
 *   DetectedPicture answer = detector.detect(Path.of("scene.png"));
 *   answer.detections().forEach(found -> System.out.println(answer.className(found) + found.box()));
 * }
 * }</pre>
 *
 * <p>Large pictures with small objects are best looked at {@linkplain DetectionTiling tile by
 * tile}.
 */
public final class ObjectDetector implements AutoCloseable {
  private final PictureDetector detector;

  private ObjectDetector(DetectorModel model, DetectorOptions options) {
    this.detector = new PictureDetector(model, "detector", options, false);
  }

  /**
   * Loads a detector on the CPU.
   *
   * @param nameOrPath a model's name, a safetensors file with a description, or a folder that
   *     training has written
   * @return the detector
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no detector's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ObjectDetector load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu(), DetectorOptions.DEFAULT);
  }

  /**
   * Loads a detector.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param options which objects are given, and how pictures are looked at
   * @return the detector
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no detector's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ObjectDetector load(String nameOrPath, Device device, DetectorOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return of(ModelCatalogue.loadDetector(nameOrPath, device), options);
  }

  /**
   * Loads a detector that computes in some precision.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param precision of its products
   * @param options which objects are given, and how pictures are looked at
   * @return the detector
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is of another task
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the device is not there
   */
  public static ObjectDetector load(
      String nameOrPath, Device device, Precision precision, DetectorOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    DetectorModel model = ModelCatalogue.loadDetector(nameOrPath, device);
    model.setPrecision(precision);
    return of(model, options);
  }

  /**
   * A detector of a loaded model.
   *
   * @param model with all its weights, its batch norms folded into the convolutions before them for
   *     good; closed with the detector
   * @param options which objects are given, and how pictures are looked at
   * @return the detector
   */
  public static ObjectDetector of(DetectorModel model, DetectorOptions options) {
    return new ObjectDetector(model, options);
  }

  /**
   * Finds the objects in a picture in a file.
   *
   * @param file any picture that {@link ImageDecoder} reads; seen upright
   * @return the objects
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this detector is closed
   */
  public DetectedPicture detect(Path file) throws IOException {
    return detect(ImageDecoder.decode(file));
  }

  /**
   * Finds the objects in a picture from a stream, which is read to its end and not closed.
   *
   * @param stream the bytes of a picture file
   * @return the objects
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this detector is closed
   */
  public DetectedPicture detect(InputStream stream) throws IOException {
    return detect(ImageDecoder.decode(stream, "the stream"));
  }

  /**
   * Finds the objects in a DJL image.
   *
   * @param image the picture
   * @return the objects; {@link DetectedPicture#toDjl} has them as DJL does
   * @throws IllegalStateException if this detector is closed
   */
  public DetectedPicture detect(Image image) {
    return detect(PixelImage.of(image));
  }

  /**
   * Finds the objects in several DJL images.
   *
   * @param images the pictures, of any sizes
   * @return the objects in each
   * @throws IllegalStateException if this detector is closed
   */
  public List<DetectedPicture> detect(List<Image> images) {
    return detectPixels(images.stream().map(PixelImage::of).toList());
  }

  /**
   * Finds the objects in a decoded picture.
   *
   * @param picture of any size
   * @return the objects
   * @throws IllegalStateException if this detector is closed
   */
  public DetectedPicture detect(PixelImage picture) {
    return detectPixels(List.of(picture)).get(0);
  }

  /**
   * Finds the objects in several decoded pictures; those whose inputs are of one size are computed
   * together.
   *
   * @param pictures of any sizes
   * @return the objects in each
   * @throws IllegalStateException if this detector is closed
   * @throws IllegalArgumentException if the network computes scores or boxes that are not finite
   */
  public List<DetectedPicture> detectPixels(List<PixelImage> pictures) {
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
