package dev.visionmamba.tasks;

import ai.djl.modality.cv.output.CategoryMask;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.visionmamba.heads.segmentation.SegmentationInference;
import dev.visionmamba.tasks.annotations.CocoCategory;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What a segmenter says of a picture.
 *
 * @param labels the most probable class of each pixel, at the picture's size
 * @param classes the classes' names by label
 */
public record SegmentedPicture(LabelMap labels, List<String> classes) {
  /** Copies the names. */
  public SegmentedPicture {
    classes = List.copyOf(classes);
  }

  /**
   * What a segmenter's network says.
   *
   * @param width of the picture in pixels
   * @param height of the picture in pixels
   * @param scores (1, classes, H, W), of what the network saw without what was filled up
   * @param classes the classes' names by label, at most 255
   * @return the most probable class of each pixel
   */
  public static SegmentedPicture of(int width, int height, NDArray scores, List<String> classes) {
    try (NDArray labels = SegmentationInference.labels(scores, height, width)) {
      return ofLabels(width, height, labels, classes);
    }
  }

  /** From the labels of its pixels, (1, H, W). */
  static SegmentedPicture ofLabels(int width, int height, NDArray labels, List<String> classes) {
    byte[] bytes = new byte[width * height];
    try (NDArray small = labels.toType(DataType.UINT8, false)) {
      small.toByteBuffer().get(bytes);
    }
    return new SegmentedPicture(new LabelMap(width, height, bytes), classes);
  }

  /**
   * A class that is in the picture.
   *
   * @param label its number, from 0
   * @param name what it is called
   * @param pixels how many pixels show it, at least 1
   * @param share of the picture's pixels, above 0 and at most 1
   */
  public record Share(int label, String name, int pixels, double share) {}

  /**
   * The classes that are in the picture.
   *
   * @return the largest first, equal ones by label
   */
  public List<Share> shares() {
    int[] counts = labels.counts();
    List<Share> shares = new ArrayList<>();
    for (int label = 0; label < Math.min(classes.size(), LabelMap.IGNORED); label++) {
      if (counts[label] > 0) {
        double share = (double) counts[label] / labels.labels().length;
        shares.add(new Share(label, classes.get(label), counts[label], share));
      }
    }
    shares.sort(Comparator.comparing((Share share) -> -share.pixels()));
    return shares;
  }

  /**
   * The pixels of a class.
   *
   * @param label the class, from 0
   * @return a mask of the picture's size; empty if no pixel shows the class
   */
  public RunLengthMask mask(int label) {
    byte[] all = labels.labels();
    boolean[] inside = new boolean[all.length];
    for (int i = 0; i < inside.length; i++) {
      inside[i] = (all[i] & 0xff) == label;
    }
    return RunLengthMask.of(labels.width(), labels.height(), inside);
  }

  /**
   * DJL's own form.
   *
   * @return the class of each pixel, (height, width)
   */
  public CategoryMask toDjl() {
    int[][] mask = new int[labels.height()][labels.width()];
    for (int y = 0; y < mask.length; y++) {
      int first = y * labels.width();
      Arrays.setAll(mask[y], x -> labels.labels()[first + x] & 0xff);
    }
    return new CategoryMask(classes, mask);
  }

  /**
   * The picture's segments as COCO results, as the stuff segmentation task has them: one for each
   * class that is in the picture, with all of its pixels. The score is 1, since labels are certain,
   * and the box is the segment's.
   *
   * @param imageId the picture's number
   * @param categories the classes' numbers by label
   * @return the largest first
   * @throws IllegalArgumentException if there are fewer numbers than classes
   */
  public List<CocoResult> toCoco(long imageId, List<CocoCategory> categories) {
    if (categories.size() < classes.size()) {
      throw new IllegalArgumentException(
          "%d classes need as many categories, got %d"
              .formatted(classes.size(), categories.size()));
    }
    return shares().stream()
        .map(
            share -> {
              RunLengthMask mask = mask(share.label());
              long category = categories.get(share.label()).id();
              return new CocoResult(imageId, category, 1, mask.box(), mask);
            })
        .toList();
  }
}
