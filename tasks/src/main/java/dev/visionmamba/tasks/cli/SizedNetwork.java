package dev.visionmamba.tasks.cli;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.Backbones;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.heads.Classifier;
import dev.visionmamba.heads.detection.Detector;
import dev.visionmamba.heads.restoration.Restorer;
import dev.visionmamba.heads.restoration.Restorers;
import dev.visionmamba.heads.segmentation.Segmenter;
import dev.visionmamba.tasks.Workload;
import dev.visionmamba.zoo.FitInput;
import dev.visionmamba.zoo.ModelDescription;

/**
 * A network of any task, and the size of images at which its cost is usually counted.
 *
 * @param task what it answers
 * @param family its family as the paper writes it
 * @param network the network
 * @param size height and width in pixels: a classifier's own; 800x1280 for detectors and 512x2048
 *     for segmenters, as their papers have it, unless a model was trained for other sizes; for
 *     restorers what becomes 1280x720
 * @param sized what one image of a size takes
 */
record SizedNetwork(ModelTask task, String family, NamedBlock network, Shape size, Sized sized) {
  private static final FitSize DETECTION = new FitSize(800, 1333, 1280);
  private static final FitSize SEGMENTATION = new FitSize(512, 2048, 2048);

  /** What one image takes. */
  @FunctionalInterface
  interface Sized {
    Workload of(int height, int width);
  }

  /** A way in which published networks see pictures, and the width that costs are counted at. */
  private record FitSize(int shorterSide, int longerSide, int width) {
    boolean is(FitInput fit) {
      return fit.shorterSide() == shorterSide && fit.longerSide() == longerSide;
    }
  }

  /** A classifier. */
  static SizedNetwork of(String family, Classifier network) {
    return new SizedNetwork(
        ModelTask.CLASSIFY,
        family,
        network,
        network.backbone().imageSize(),
        (height, width) -> Workload.of(network, height, width));
  }

  /**
   * The network of a model.
   *
   * @param description of the model
   * @param network what it describes
   */
  static SizedNetwork of(ModelDescription description, NamedBlock network) {
    String backbone = description.backbone();
    String family =
        Restorers.find(backbone)
            .map(Restorers.Entry::family)
            .orElseGet(() -> Backbones.find(backbone).orElseThrow().family());
    ModelTask task = ModelTask.of(description.head().task().orElseThrow());
    return switch (task) {
      case CLASSIFY -> of(family, (Classifier) network);
      case SEGMENT -> {
        Segmenter segmenter = (Segmenter) network;
        Sized sized = (height, width) -> Workload.of(segmenter, height, width);
        yield new SizedNetwork(task, family, network, size(description.fit()), sized);
      }
      case DETECT -> {
        Detector detector = (Detector) network;
        Sized sized = (height, width) -> Workload.of(detector, height, width);
        yield new SizedNetwork(task, family, network, size(description.fit()), sized);
      }
      case RESTORE -> {
        Restorer restorer = (Restorer) network;
        Shape size = new Shape(720 / restorer.scale(), 1280 / restorer.scale());
        Sized sized = (height, width) -> Workload.of(restorer, height, width);
        yield new SizedNetwork(task, family, network, size, sized);
      }
    };
  }

  private static Shape size(FitInput fit) {
    int width =
        DETECTION.is(fit)
            ? DETECTION.width()
            : SEGMENTATION.is(fit) ? SEGMENTATION.width() : fit.shorterSide();
    return new Shape(fit.shorterSide(), width);
  }

  /** What one image of the usual size costs, as the papers count. */
  long multiplyAdds() {
    return sized.of(Math.toIntExact(size.get(0)), Math.toIntExact(size.get(1))).multiplyAdds();
  }
}
