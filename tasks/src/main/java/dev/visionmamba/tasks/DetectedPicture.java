package dev.visionmamba.tasks;

import ai.djl.modality.cv.output.BoundingBox;
import ai.djl.modality.cv.output.DetectedObjects;
import ai.djl.modality.cv.output.Mask;
import ai.djl.modality.cv.output.Rectangle;
import dev.visionmamba.heads.detection.Detections;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.CocoCategory;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.util.ArrayList;
import java.util.List;

/**
 * The objects that a detector has found in a picture.
 *
 * @param width of the picture in pixels
 * @param height of the picture in pixels
 * @param detections the objects, the surest first: boxes in pixels of the picture, masks of its
 *     size, if the detector finds masks
 * @param classes the classes' names by label
 */
public record DetectedPicture(
    int width, int height, List<Detection> detections, List<String> classes) {

  /** Copies the lists. */
  public DetectedPicture {
    detections = List.copyOf(detections);
    classes = List.copyOf(classes);
  }

  /**
   * What a detector's network has found, for the whole picture.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param found boxes in pixels of the picture
   * @param classes the classes' names by label
   * @return the objects, their masks of the picture's size
   */
  public static DetectedPicture of(int width, int height, Detections found, List<String> classes) {
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < found.size(); i++) {
      float[] box = found.box(i);
      detections.add(
          new Detection(
              found.labels()[i],
              found.scores()[i],
              Box.ofCorners(box[0], box[1], box[2], box[3]),
              found.masks().length == 0 ? null : mask(found, i, width, height)));
    }
    return new DetectedPicture(width, height, detections, classes);
  }

  /** An object's pixels, computed where they can be: in its box and a pixel around it. */
  private static RunLengthMask mask(Detections found, int i, int width, int height) {
    float[] box = found.box(i);
    int left = limited(Math.floor(box[0]) - 1, width - 1);
    int top = limited(Math.floor(box[1]) - 1, height - 1);
    int columns = Math.max(1, limited(Math.ceil(box[2]) + 1, width) - left);
    int rows = Math.max(1, limited(Math.ceil(box[3]) + 1, height) - top);
    Detections alone =
        new Detections(
            new float[] {box[0] - left, box[1] - top, box[2] - left, box[3] - top},
            new float[] {found.scores()[i]},
            new int[] {found.labels()[i]},
            new float[][] {found.masks()[i]});
    return RunLengthMask.of(columns, rows, alone.pixels(0, rows, columns))
        .placed(width, height, left, top);
  }

  private static int limited(double place, int most) {
    return (int) Math.max(0, Math.min(place, most));
  }

  /**
   * What an object is called.
   *
   * @param detection one of them
   * @return its class's name
   */
  public String className(Detection detection) {
    return classes.get(detection.label());
  }

  /**
   * DJL's own form: boxes with sides relative to the picture's, 0 to 1. An object with a mask has a
   * {@link Mask}, whose grid has a row for each row of pixels that the box touches, 1 where a pixel
   * belongs to the object and 0 elsewhere.
   *
   * @return the objects, the surest first
   */
  public DetectedObjects toDjl() {
    List<String> names = new ArrayList<>();
    List<Double> scores = new ArrayList<>();
    List<BoundingBox> boxes = new ArrayList<>();
    for (Detection detection : detections) {
      names.add(className(detection));
      scores.add(detection.score());
      boxes.add(toDjl(detection));
    }
    return new DetectedObjects(names, scores, boxes);
  }

  private BoundingBox toDjl(Detection detection) {
    Box box = detection.box();
    double x = box.left() / width;
    double y = box.top() / height;
    double w = box.width() / width;
    double h = box.height() / height;
    if (detection.mask() == null) {
      return new Rectangle(x, y, w, h);
    }
    Box seen = box.clipped(width, height);
    int left = Math.min((int) Math.floor(seen.left()), width - 1);
    int top = Math.min((int) Math.floor(seen.top()), height - 1);
    int right = Math.max(left + 1, (int) Math.ceil(seen.right()));
    int bottom = Math.max(top + 1, (int) Math.ceil(seen.bottom()));
    float[][] grid = new float[bottom - top][right - left];
    detection
        .mask()
        .segments(
            (column, from, to) -> {
              for (int row = Math.max(top, from);
                  row < Math.min(bottom, to) && column >= left && column < right;
                  row++) {
                grid[row - top][column - left] = 1;
              }
            });
    return new Mask(x, y, w, h, grid);
  }

  /**
   * The objects as COCO results.
   *
   * @param imageId the picture's number
   * @param categories the classes' numbers by label
   * @return the surest first, with masks where there are any
   * @throws IllegalArgumentException if there are fewer numbers than classes
   */
  public List<CocoResult> toCoco(long imageId, List<CocoCategory> categories) {
    if (categories.size() < classes.size()) {
      throw new IllegalArgumentException(
          "%d classes need as many categories, got %d"
              .formatted(classes.size(), categories.size()));
    }
    return detections.stream()
        .map(
            detection ->
                new CocoResult(
                    imageId,
                    categories.get(detection.label()).id(),
                    detection.score(),
                    detection.box(),
                    detection.mask()))
        .toList();
  }
}
