package dev.visionmamba.tasks.metrics;

import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoImage;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * COCO's average precision and average recall of detections (Lin et al., 2014; the measure of
 * {@code pycocotools.cocoeval}), of boxes or of masks.
 *
 * <p>In each picture and class the detections, the surest first and at most 100, are matched at ten
 * thresholds of the intersection over union, 0.50 to 0.95: each takes the free thing that it meets
 * best. Crowds, and things whose size is out of the range that is measured, are matched last; who
 * meets them is not counted, and a crowd may be met by many, with the share of the detection that
 * lies in it. Detections of a class are then ordered by score over all pictures, equal scores by
 * the pictures' numbers and within one by the order given. Precision is made non-increasing in
 * recall and read at 101 recalls, 0 to 1; its mean is the average precision. Sizes are those of the
 * truths' {@code area}, and for detections that miss everything the area of their box, or of their
 * mask where masks are measured.
 *
 * <p>Two cases are told apart from pycocotools, which is led astray by them: a thing with the
 * number 0 counts as matched, and a result with box and mask is sized by its mask where masks are
 * measured.
 *
 * <p>For use by one thread.
 */
public final class AveragePrecision {
  private final Overlap overlap;
  private final List<String> classNames;
  private final List<List<ImageMatches>> matches = new ArrayList<>();
  private final Set<Long> images = new HashSet<>();

  /** What is compared. */
  public enum Overlap {
    /** Boxes. */
    BOXES,
    /** Masks; then every thing and every detection needs one. */
    MASKS
  }

  /**
   * A measure without pictures.
   *
   * @param overlap what is compared
   * @param classNames the classes' names by label
   */
  public AveragePrecision(Overlap overlap, List<String> classNames) {
    this.overlap = overlap;
    this.classNames = List.copyOf(classNames);
    for (int i = 0; i < classNames.size(); i++) {
      matches.add(new ArrayList<>());
    }
  }

  /**
   * Measures a file of results.
   *
   * @param overlap what is compared
   * @param dataset the truth
   * @param results the detections in its pictures
   * @return the twelve numbers, and those of each class
   * @throws IllegalArgumentException if a result's picture or class is not in the data set, or a
   *     mask is missing where masks are compared or does not have its picture's size
   */
  public static AveragePrecisionSummary of(
      Overlap overlap, CocoDataset dataset, CocoResults results) {
    AveragePrecision measure = new AveragePrecision(overlap, dataset.classNames());
    Map<Long, List<Detection>> detections = results.byImage(dataset);
    detections.keySet().forEach(dataset::image);
    for (CocoImage image : dataset.images()) {
      measure.add(
          image.id(),
          dataset.instances(image.id()),
          detections.getOrDefault(image.id(), List.of()));
    }
    return measure.summary();
  }

  /**
   * Counts one picture.
   *
   * @param image its number: detections with equal scores are ordered by it
   * @param truths what is in it
   * @param detections what was found in it
   * @throws IllegalArgumentException if the picture was counted before, a label has no class, or a
   *     mask is missing where masks are compared, or has another size than the others; then nothing
   *     of it is counted
   */
  public void add(long image, List<Instance> truths, List<Detection> detections) {
    if (images.contains(image)) {
      throw new IllegalArgumentException("picture " + image + " was counted before");
    }
    truths.forEach(truth -> check(image, truth.label(), truth.mask()));
    detections.forEach(detection -> check(image, detection.label(), detection.mask()));
    if (overlap == Overlap.MASKS) {
      checkSizes(image, truths, detections);
    }
    images.add(image);
    for (int label = 0; label < classNames.size(); label++) {
      int wanted = label;
      List<Instance> ownTruths = truths.stream().filter(t -> t.label() == wanted).toList();
      List<Detection> ownDetections = detections.stream().filter(d -> d.label() == wanted).toList();
      if (!ownTruths.isEmpty() || !ownDetections.isEmpty()) {
        matches.get(label).add(ImageMatches.of(image, overlap, ownTruths, ownDetections));
      }
    }
  }

  private void check(long image, int label, RunLengthMask mask) {
    if (label >= classNames.size()) {
      throw new IllegalArgumentException(
          "picture %d has the label %d, but there are %d classes"
              .formatted(image, label, classNames.size()));
    }
    if (overlap == Overlap.MASKS && mask == null) {
      throw new IllegalArgumentException(
          "picture %d has a %s without a mask; compare boxes, or give all masks"
              .formatted(image, classNames.get(label)));
    }
  }

  private static void checkSizes(long image, List<Instance> truths, List<Detection> detections) {
    List<RunLengthMask> masks = new ArrayList<>();
    truths.forEach(truth -> masks.add(truth.mask()));
    detections.forEach(detection -> masks.add(detection.mask()));
    for (RunLengthMask mask : masks) {
      if (mask.width() != masks.get(0).width() || mask.height() != masks.get(0).height()) {
        throw new IllegalArgumentException(
            "picture %d has masks of %dx%d and of %dx%d pixels"
                .formatted(
                    image,
                    masks.get(0).width(),
                    masks.get(0).height(),
                    mask.width(),
                    mask.height()));
      }
    }
  }

  /**
   * How many pictures were counted.
   *
   * @return at least 0
   */
  public int pictures() {
    return images.size();
  }

  /**
   * The numbers so far.
   *
   * @return the twelve numbers, and those of each class
   */
  public AveragePrecisionSummary summary() {
    List<ClassCurves> classes = new ArrayList<>();
    for (List<ImageMatches> ofClass : matches) {
      List<ImageMatches> ordered = new ArrayList<>(ofClass);
      ordered.sort(Comparator.comparingLong(ImageMatches::image));
      classes.add(new ClassCurves(ordered));
    }
    return AveragePrecisionSummary.of(classNames, classes);
  }
}
