package dev.visionmamba.tasks;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.repository.zoo.ModelNotFoundException;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.Precision;
import dev.visionmamba.heads.ops.RescaleSize;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.tasks.FitBatches.Batch;
import dev.visionmamba.tasks.FitBatches.Work;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.ModelDescription;
import dev.visionmamba.zoo.SegmenterModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Says for every pixel of a picture what it shows. Thread-safe: one segmenter serves any number of
 * threads; closing it waits for those that compute.
 *
 * <pre>{@code
 * try (SemanticSegmenter segmenter = SemanticSegmenter.load("vmamba_micro.fashion_scenes_segmentation")) {
 *   SegmentedPicture answer = segmenter.segment(Path.of("scene.png"));
 *   answer.shares().forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>A picture is seen as the network was trained to see it: resized as a whole to the network's
 * size. A {@link SlidingWindow} sees a large picture part by part instead. Memory grows with the
 * pixels of what the network sees at once times the classes, four bytes each; for a window over the
 * picture's own pixels, that is some rows of windows at the network's own resolution, but for
 * {@linkplain #probabilities probabilities}.
 */
public final class SemanticSegmenter implements AutoCloseable {
  private final SharedModel<SegmenterModel> model;
  private final SegmenterOptions options;

  private SemanticSegmenter(SegmenterModel model, SegmenterOptions options) {
    model.network().foldNorms(); // faster, and the same within rounding
    this.model = new SharedModel<>(model, "segmenter");
    this.options = options;
  }

  /**
   * Loads a segmenter on the CPU.
   *
   * @param nameOrPath a model's name, a safetensors file with a description, or a folder that
   *     training has written
   * @return the segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no segmenter's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SemanticSegmenter load(String nameOrPath)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return load(nameOrPath, Device.cpu(), SegmenterOptions.DEFAULT);
  }

  /**
   * Loads a segmenter.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param options how pictures are segmented
   * @return the segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is no segmenter's
   * @throws MalformedModelException if its weights do not fit its network
   */
  public static SemanticSegmenter load(String nameOrPath, Device device, SegmenterOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    return of(ModelCatalogue.loadSegmenter(nameOrPath, device), options);
  }

  /**
   * Loads a segmenter that computes in some precision.
   *
   * @param nameOrPath as above
   * @param device where it computes
   * @param precision of its products
   * @param options how pictures are segmented
   * @return the segmenter
   * @throws ModelNotFoundException if there is no such name or file
   * @throws IOException if the file cannot be read or is of another task
   * @throws MalformedModelException if its weights do not fit its network
   * @throws IllegalArgumentException if the device is not there
   */
  public static SemanticSegmenter load(
      String nameOrPath, Device device, Precision precision, SegmenterOptions options)
      throws ModelNotFoundException, IOException, MalformedModelException {
    SegmenterModel model = ModelCatalogue.loadSegmenter(nameOrPath, device);
    model.setPrecision(precision);
    return of(model, options);
  }

  /**
   * A segmenter of a loaded model.
   *
   * @param model with all its weights, its batch norms folded into the convolutions before them for
   *     good; closed with the segmenter
   * @return the segmenter
   */
  public static SemanticSegmenter of(SegmenterModel model) {
    return of(model, SegmenterOptions.DEFAULT);
  }

  /**
   * A segmenter of a loaded model.
   *
   * @param model with all its weights, its batch norms folded into the convolutions before them for
   *     good; closed with the segmenter
   * @param options how pictures are segmented
   * @return the segmenter
   */
  public static SemanticSegmenter of(SegmenterModel model, SegmenterOptions options) {
    return new SemanticSegmenter(model, options);
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
   * Segments a picture from a stream, which is read to its end and not closed.
   *
   * @param stream the bytes of a picture file
   * @return the class of each pixel, at the picture's size
   * @throws IOException if it cannot be read or is no picture
   * @throws IllegalStateException if this segmenter is closed
   */
  public SegmentedPicture segment(InputStream stream) throws IOException {
    return segment(ImageDecoder.decode(stream, "the stream"));
  }

  /**
   * Segments a DJL image.
   *
   * @param image the picture
   * @return the class of each pixel, at the picture's size
   * @throws IllegalStateException if this segmenter is closed
   */
  public SegmentedPicture segment(Image image) {
    return segment(PixelImage.of(image));
  }

  /**
   * Segments several DJL images.
   *
   * @param images the pictures, of any sizes
   * @return for each the class of each pixel, at the picture's size
   * @throws IllegalStateException if this segmenter is closed
   */
  public List<SegmentedPicture> segment(List<Image> images) {
    return segmentPixels(images.stream().map(PixelImage::of).toList());
  }

  /**
   * Segments a decoded picture.
   *
   * @param picture of any size
   * @return the class of each pixel, at the picture's size
   * @throws IllegalStateException if this segmenter is closed
   */
  public SegmentedPicture segment(PixelImage picture) {
    return segmentPixels(List.of(picture)).get(0);
  }

  /**
   * Segments several decoded pictures; those whose inputs are of one size are computed together.
   *
   * @param pictures of any sizes
   * @return for each the class of each pixel, at the picture's size
   * @throws IllegalStateException if this segmenter is closed
   */
  public List<SegmentedPicture> segmentPixels(List<PixelImage> pictures) {
    return model.use(open -> segment(open, pictures, options));
  }

  /**
   * Says how probable every class is at every pixel. The {@linkplain #segment(PixelImage) classes}
   * are the most probable ones.
   *
   * @param picture of any size
   * @return the probabilities at the picture's size, four bytes for each class and pixel
   * @throws IllegalStateException if this segmenter is closed
   * @throws IllegalArgumentException if there are more than 2^31 classes times pixels
   */
  public ClassProbabilities probabilities(PixelImage picture) {
    List<String> classes = description().classes();
    long values = (long) classes.size() * picture.width() * picture.height();
    if (values > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          "%d classes at %dx%d pixels are more probabilities than an array holds; segment parts"
              .formatted(classes.size(), picture.width(), picture.height()));
    }
    return model.use(
        open ->
            run(open, List.of(picture), options, batch -> probabilities(open, options, batch))
                .get(0));
  }

  private static List<ClassProbabilities> probabilities(
      SegmenterModel model, SegmenterOptions options, Batch batch) {
    return ofScores(
        model,
        options,
        batch,
        (picture, scores) -> {
          try (NDArray probabilities =
              SegmentationInference.probabilities(scores, picture.height(), picture.width())) {
            return new ClassProbabilities(
                picture.width(),
                picture.height(),
                model.description().classes(),
                probabilities.toFloatArray());
          }
        });
  }

  /**
   * Segments a picture with a model that is open, in the model's own way.
   *
   * @param model the model
   * @param picture of any size
   * @return the class of each pixel, at the picture's size
   */
  public static SegmentedPicture segment(SegmenterModel model, PixelImage picture) {
    return segment(model, List.of(picture), SegmenterOptions.DEFAULT).get(0);
  }

  private static List<SegmentedPicture> segment(
      SegmenterModel model, List<PixelImage> pictures, SegmenterOptions options) {
    return run(
        model,
        pictures,
        options,
        batch ->
            atOwnSize(options)
                ? labelled(model, options, batch)
                : ofScores(
                    model,
                    options,
                    batch,
                    (picture, scores) ->
                        SegmentedPicture.of(
                            picture.width(),
                            picture.height(),
                            scores,
                            model.description().classes())));
  }

  /** Pictures that are seen at their own size, so that no scores are kept to be resized. */
  private static List<SegmentedPicture> labelled(
      SegmenterModel model, SegmenterOptions options, Batch batch) {
    ParameterStore store = new ParameterStore(batch.images().getManager(), false);
    List<SegmentedPicture> answers = new ArrayList<>();
    try (NDArray labels = inference(options).labels(model.network(), store, batch.images())) {
      for (int i = 0; i < batch.pictures().size(); i++) {
        PixelImage picture = batch.pictures().get(i);
        NDIndex own = new NDIndex("{}:{}, :{}, :{}", i, i + 1, picture.height(), picture.width());
        try (NDArray part = labels.get(own)) {
          answers.add(
              SegmentedPicture.ofLabels(
                  picture.width(), picture.height(), part, model.description().classes()));
        }
      }
    }
    return answers;
  }

  /** What is made of a picture's scores, (1, classes, H, W) without what is filled up. */
  @FunctionalInterface
  private interface Answer<R> {
    R of(PixelImage picture, NDArray scores);
  }

  private static <R> List<R> ofScores(
      SegmenterModel model, SegmenterOptions options, Batch batch, Answer<R> answer) {
    ParameterStore store = new ParameterStore(batch.images().getManager(), false);
    List<R> answers = new ArrayList<>();
    try (NDArray scores = inference(options).scores(model.network(), store, batch.images())) {
      for (int i = 0; i < batch.pictures().size(); i++) {
        RescaleSize size = batch.sizes().get(i);
        NDIndex own = new NDIndex("{}:{}, :, :{}, :{}", i, i + 1, size.height(), size.width());
        try (NDArray part = scores.get(own)) {
          answers.add(answer.of(batch.pictures().get(i), part));
        }
      }
    }
    return answers;
  }

  private static SegmentationInference inference(SegmenterOptions options) {
    SlidingWindow window = options.window();
    return window == null ? SegmentationInference.whole() : window.inference();
  }

  /** Whether a window slides over the picture's own pixels. */
  private static boolean atOwnSize(SegmenterOptions options) {
    return options.window() != null && !options.window().fitted();
  }

  private static <R> List<R> run(
      SegmenterModel model, List<PixelImage> pictures, SegmenterOptions options, Work<R> work) {
    FitInput fit = model.description().fit();
    if (!atOwnSize(options)) {
      return run(model, pictures, new FitPreprocessing(fit), options, work);
    }
    // Each picture keeps its own size.
    List<R> answers = new ArrayList<>();
    for (PixelImage picture : pictures) {
      FitInput own =
          new FitInput(
              Math.min(picture.width(), picture.height()),
              Math.max(picture.width(), picture.height()),
              fit.multiple(),
              fit.mean(),
              fit.std());
      answers.addAll(run(model, List.of(picture), new FitPreprocessing(own), options, work));
    }
    return answers;
  }

  private static <R> List<R> run(
      SegmenterModel model,
      List<PixelImage> pictures,
      FitPreprocessing preprocessing,
      SegmenterOptions options,
      Work<R> work) {
    return FitBatches.run(
        pictures, preprocessing, options.batchSize(), model.djlModel().getNDManager(), work);
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
