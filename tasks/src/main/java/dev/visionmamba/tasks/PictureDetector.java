package dev.visionmamba.tasks;

import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.detection.DetectionOptions;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.image.FitPreprocessing;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.zoo.DetectorModel;
import dev.visionmamba.zoo.ModelDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finds objects in pictures, with masks or without: what detectors of both kinds have in common.
 */
final class PictureDetector implements AutoCloseable {
  private final SharedModel<DetectorModel> model;
  private final DetectorOptions options;
  private final boolean masks;

  /**
   * A detector.
   *
   * @param model its batch norms are folded, for good; closed with this object
   * @param role what it is called in errors
   * @param masks whether objects get masks
   */
  PictureDetector(DetectorModel model, String role, DetectorOptions options, boolean masks) {
    model.network().foldNorms(); // faster, and the same within rounding
    this.model = new SharedModel<>(model, role);
    this.options = options;
    this.masks = masks;
  }

  ModelDescription description() {
    return model.description();
  }

  @Override
  public void close() {
    model.close();
  }

  List<DetectedPicture> detect(List<PixelImage> pictures) {
    return model.use(
        open -> {
          List<List<Detection>> found = new ArrayList<>();
          if (options.tiling() == null) {
            found.addAll(whole(open, pictures));
          } else {
            TiledDetection tiled = new TiledDetection(options, some -> whole(open, some));
            pictures.forEach(picture -> found.add(tiled.detect(picture)));
          }
          List<String> classes = open.description().classes();
          return IntStream.range(0, found.size())
              .mapToObj(
                  i ->
                      new DetectedPicture(
                          pictures.get(i).width(), pictures.get(i).height(), found.get(i), classes))
              .toList();
        });
  }

  private List<List<Detection>> whole(DetectorModel open, List<PixelImage> pictures) {
    DetectionOptions wanted = new DetectionOptions(options.selection(), masks);
    List<String> classes = open.description().classes();
    return FitBatches.run(
        pictures,
        new FitPreprocessing(open.description().fit()),
        options.batchSize(),
        open.djlModel().getNDManager(),
        batch -> {
          List<ImageFrame> frames =
              IntStream.range(0, batch.pictures().size())
                  .mapToObj(
                      i ->
                          ImageFrame.of(
                              batch.sizes().get(i),
                              batch.pictures().get(i).height(),
                              batch.pictures().get(i).width()))
                  .toList();
          NDManager manager = batch.images().getManager();
          List<Detections> found =
              open.network()
                  .detect(new ParameterStore(manager, false), batch.images(), frames, wanted);
          return IntStream.range(0, found.size())
              .mapToObj(i -> detections(found.get(i), batch.pictures().get(i), classes))
              .toList();
        });
  }

  private static List<Detection> detections(
      Detections found, PixelImage picture, List<String> classes) {
    return DetectedPicture.of(picture.width(), picture.height(), found, classes).detections();
  }
}
