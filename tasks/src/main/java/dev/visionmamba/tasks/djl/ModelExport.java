package dev.visionmamba.tasks.djl;

import ai.djl.ndarray.types.DataType;
import dev.visionmamba.tasks.DetectorOptions;
import dev.visionmamba.zoo.ModelCatalogue;
import dev.visionmamba.zoo.TrainedModel;
import dev.visionmamba.zoo.catalogue.Task;
import dev.visionmamba.zoo.checkpoint.AtomicFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a model as a folder that DJL, and so DJL Serving, loads with this library on the class
 * path: the weights, and a {@code serving.properties} that names {@link VisionMambaBlockFactory}
 * and the translators of the model's task: {@link ClassificationTranslatorFactory}, {@link
 * DetectionTranslatorFactory} or {@link SegmentationTranslatorFactory}. A zip archive of the
 * folder's files does as well.
 *
 * <p>DJL takes the translators that {@code serving.properties} names for {@code Input} and {@code
 * Output}, as DJL Serving has them. A {@code Criteria} for {@code Image} must name them itself,
 * {@code optTranslatorFactory(new ClassificationTranslatorFactory())}: DJL's own would prepare
 * images otherwise. The answer is {@code Classifications}, {@code DetectedObjects} (whose boxes are
 * {@code Mask}s where the model finds masks) or {@code CategoryMask}.
 */
public final class ModelExport {
  private static final String PROPERTIES = "serving.properties";

  private ModelExport() {}

  /**
   * Writes a classifier, a detector or a segmenter.
   *
   * @param model with all its weights; its batch norms must not have been folded
   * @param folder is created if it is missing
   * @param type of the weights: float32, or float16 for half the size
   * @throws FileAlreadyExistsException if the folder is not empty
   * @throws IOException if the folder cannot be written
   * @throws IllegalArgumentException if the model is a restorer, which DJL's predictors do not run
   */
  public static void write(TrainedModel<?> model, Path folder, DataType type) throws IOException {
    Task task = model.description().head().task().orElseThrow();
    String properties = properties(model.description().name(), task);
    requireEmpty(folder);
    Files.createDirectories(folder);
    model.save(folder.resolve(ModelCatalogue.MODEL_FILE), model.description(), type);
    AtomicFiles.writeText(folder.resolve(PROPERTIES), properties);
  }

  private static void requireEmpty(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
        if (!files.iterator().hasNext()) {
          return;
        }
      }
    } else if (!Files.exists(folder)) {
      return;
    }
    throw new FileAlreadyExistsException(
        folder.toString(), null, "it must be an empty folder or not exist");
  }

  private static String properties(String name, Task task) {
    String arguments =
        switch (task) {
          case CLASSIFICATION -> "topK=5\n";
          case DETECTION, INSTANCE_SEGMENTATION ->
              "threshold=%s\nnmsThreshold=%s\nmostObjects=%d\n"
                  .formatted(
                      DetectorOptions.DEFAULT.scoreThreshold(),
                      DetectorOptions.DEFAULT.nmsThreshold(),
                      DetectorOptions.DEFAULT.mostObjects());
          default -> "";
        };
    return String.join(
        "\n",
        "# " + name + ", for DJL and DJL Serving with visionmamba-tasks on the class path.",
        "engine=PyTorch",
        "blockFactory=" + VisionMambaBlockFactory.class.getName(),
        "translatorFactory=" + DjlTask.of(task).translators().getClass().getName(),
        "# The weights are not in DJL's own format; the block factory reads them.",
        "option.hasParameter=false",
        "weights=" + ModelCatalogue.MODEL_FILE,
        arguments);
  }
}
