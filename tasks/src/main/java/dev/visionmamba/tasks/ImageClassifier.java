package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.zoo.ClassifierModel;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Says what a picture shows. Thread-safe: one classifier serves any number of threads. Close it to
 * free its weights.
 *
 * <pre>{@code
 * try (ImageClassifier classifier = ImageClassifier.load("vim_micro.fashion_mnist")) {
 *   Classifications answer = classifier.classify(Path.of("boot.png"));
 *   System.out.println(answer.best().getClassName());
 * }
 * }</pre>
 */
public final class ImageClassifier implements AutoCloseable {
  private final SharedModel<ClassifierModel> model;
  private final Preprocessing preprocessing;

  private ImageClassifier(ClassifierModel model) {
    this.model = new SharedModel<>(model, "classifier");
    this.preprocessing = Preprocessing.of(model.description().input());
  }

  /**
   * Loads a classifier on the CPU.
   *
   * @param nameOrPath a bundled or a published model's name (which is downloaded once), a
   *     safetensors file with a description, or a folder that training has written
   * @return the classifier
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageClassifier load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu());
  }

  /**
   * Loads a classifier, its batch norms folded into the convolutions before them.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @return the classifier
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageClassifier load(String nameOrPath, Device device)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, device, true);
  }

  /**
   * Loads a classifier, with its batch norms as they are or folded into the convolutions before
   * them, which is faster and the same within rounding.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param foldNorms whether batch norms are folded
   * @return the classifier
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageClassifier load(String nameOrPath, Device device, boolean foldNorms)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return of(ModelCatalogue.load(nameOrPath, device), foldNorms);
  }

  /**
   * Loads a classifier that computes in some precision.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param precision of its products
   * @return the classifier
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the device is not there
   */
  public static ImageClassifier load(String nameOrPath, Device device, Precision precision)
      throws ModelNotFoundException, IOException, MalformedModelException {
    ClassifierModel model = ModelCatalogue.load(nameOrPath, device);
    model.setPrecision(precision);
    return of(model, true);
  }

  /**
   * A classifier of a loaded model, for instance of a published file that is on the disk already:
   *
   * <pre>
   * CatalogueEntry entry = ModelCatalogue.published("vmamba_tiny_s1l8");
   * ImageClassifier.of(ModelCatalogue.open(entry, file, LoadOptions.STRICT, device), true)
   * </pre>
   *
   * @param model with all its weights; closed with the classifier
   * @param foldNorms whether its batch norms are folded, for good
   * @return the classifier
   */
  public static ImageClassifier of(ClassifierModel model, boolean foldNorms) {
    if (foldNorms) {
      model.network().foldNorms();
    }
    return new ImageClassifier(model);
  }

  /**
   * Loads a classifier from a file on the CPU.
   *
   * @param file a safetensors file with a description, or a folder that training has written
   * @return the classifier
   * @throws ModelNotFoundException if there is no such file
   * @throws IOException if the file cannot be read or is no model file
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static ImageClassifier load(Path file)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(file.toString());
  }

  /**
   * Classifies a picture in a file.
   *
   * @param file any picture that {@link ImageDecoder} reads; shown upright
   * @return every class with its probability
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this classifier is closed
   */
  public Classifications classify(Path file) throws IOException {
    return classifyPixels(List.of(ImageDecoder.decode(file))).get(0);
  }

  /**
   * Classifies a picture from a stream, which is read to its end and not closed.
   *
   * @param stream the bytes of a picture file
   * @return every class with its probability
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this classifier is closed
   */
  public Classifications classify(InputStream stream) throws IOException {
    return classifyPixels(List.of(ImageDecoder.decode(stream, "the stream"))).get(0);
  }

  /**
   * Classifies a DJL image.
   *
   * @param image the picture
   * @return every class with its probability
   * @throws IllegalStateException if this classifier is closed
   */
  public Classifications classify(Image image) {
    return classifyPixels(List.of(PixelImage.of(image))).get(0);
  }

  /**
   * Classifies several DJL images at once, which is faster than one by one.
   *
   * @param images the pictures, of any sizes
   * @return for each every class with its probability
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Classifications> classify(List<Image> images) {
    return classifyPixels(images.stream().map(PixelImage::of).collect(Collectors.toList()));
  }

  /**
   * Classifies several decoded pictures at once.
   *
   * @param images the pictures, of any sizes
   * @return for each every class with its probability
   * @throws IllegalStateException if this classifier is closed
   */
  public List<Classifications> classifyPixels(List<PixelImage> images) {
    return model.use(
        open -> {
          if (images.isEmpty()) {
            return List.of();
          }
          try (NDManager manager = open.djlModel().getNDManager().newSubManager()) {
            return name(probabilities(open, manager, images), images.size());
          }
        });
  }

  /** (B * classes) probabilities. */
  private float[] probabilities(ClassifierModel open, NDManager manager, List<PixelImage> images) {
    NDArray input = preprocessing.toArray(manager, images);
    NDArray scores =
        open.network().forward(new ParameterStore(manager, false), input, false); // (B, classes)
    return scores.softmax(1).toFloatArray();
  }

  private List<Classifications> name(float[] probabilities, int count) {
    List<String> names = model.description().classes();
    List<Classifications> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Double> values = new ArrayList<>();
      for (int k = 0; k < names.size(); k++) {
        values.add((double) probabilities[i * names.size() + k]);
      }
      answers.add(new Classifications(names, values));
    }
    return answers;
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
    model.close();
  }
}
