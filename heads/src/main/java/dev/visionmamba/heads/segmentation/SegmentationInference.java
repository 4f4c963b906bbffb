package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.layers.Resize;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.List;

/**
 * From a segmenter's scores to an answer for each pixel, by OpenMMLab's order of steps: the scores
 * are brought to the size of the network's input, from there to that of the picture, and only then
 * turned into probabilities. The input is seen as a whole, or through a window that slides over it
 * and whose scores are averaged where they overlap.
 */
public final class SegmentationInference {
  /** Labels are found for so many scores at once. */
  private static final long SCORES_AT_ONCE = 1 << 22;

  /** Height and width; null to see the input as a whole. */
  private final Shape window;

  private final Shape step;

  private SegmentationInference(Shape window, Shape step) {
    this.window = window;
    this.step = step;
  }

  /**
   * The input as a whole.
   *
   * @return such inference
   */
  public static SegmentationInference whole() {
    return new SegmentationInference(null, null);
  }

  /**
   * A sliding window: 512 with steps of 341 as published with Vim. The last window of a row or
   * column is moved back to end with the input; where the window is larger than the input, it is
   * the input's size.
   *
   * @param windowHeight in pixels
   * @param windowWidth in pixels
   * @param stepHeight pixels from one window to the next, at most the window's height
   * @param stepWidth pixels from one window to the next, at most the window's width
   * @return such inference
   * @throws IllegalArgumentException if a number is below 1, or pixels would be left out
   */
  public static SegmentationInference slide(
      int windowHeight, int windowWidth, int stepHeight, int stepWidth) {
    if (stepHeight < 1 || stepWidth < 1 || stepHeight > windowHeight || stepWidth > windowWidth) {
      throw new IllegalArgumentException(
          String.format(
              "stride must be from 1 to crop_size, %dx%d, got %dx%d",
              windowHeight, windowWidth, stepHeight, stepWidth));
    }
    return new SegmentationInference(
        new Shape(windowHeight, windowWidth), new Shape(stepHeight, stepWidth));
  }

  /**
   * The scores at the size of the input.
   *
   * @param network the network
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @return (B, classes, H, W), before softmax
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public NDArray scores(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = images.getShape();
    if (shape.dimension() != 4) {
      throw new IllegalArgumentException(
          "images must be (batch, channels, height, width), but are " + shape);
    }
    try (GradientMode off = GradientMode.off()) {
      boolean slides =
          window != null && (window.get(0) < shape.get(2) || window.get(1) < shape.get(3));
      NDArray scores = slides ? slid(network, store, images) : seen(network, store, images);
      try (scores) {
        return scores.transpose(0, 3, 1, 2);
      }
    }
  }

  /** A whole input's scores at its size, (B, H, W, classes). */
  private static NDArray seen(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = images.getShape();
    // The network's results belong to the manager of what it is given: one that is closed here.
    try (NDManager temporary = images.getManager().newSubManager()) {
      NDArray view = images.reshape(shape);
      view.attach(temporary);
      NDArray map = network.forward(store, view, false).transpose(0, 2, 3, 1);
      NDArray seen = Resize.bilinear(map, shape.get(2), shape.get(3));
      seen.attach(images.getManager());
      return seen;
    }
  }

  private NDArray slid(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = images.getShape();
    long height = shape.get(2);
    long width = shape.get(3);
    List<long[]> rows = windows(height, window.get(0), step.get(0));
    List<long[]> columns = windows(width, window.get(1), step.get(1));
    NDArray sum =
        images
            .getManager()
            .zeros(new Shape(shape.get(0), height, width, network.classes()), images.getDataType());
    for (long[] y : rows) {
      for (long[] x : columns) {
        NDIndex inImages = new NDIndex().addAllDim(2).addSliceDim(y[0], y[1]);
        NDIndex inSum = new NDIndex().addAllDim().addSliceDim(y[0], y[1]);
        try (NDArray part = images.get(inImages.addSliceDim(x[0], x[1]));
            NDArray scores = seen(network, store, part);
            NDArray place = sum.get(inSum.addSliceDim(x[0], x[1]))) {
          place.addi(scores);
        }
      }
    }
    // How many windows see a pixel is a product of its row's and its column's windows.
    try (NDArray rowCounts = counts(images, rows, height, new Shape(1, height, 1, 1));
        NDArray columnCounts = counts(images, columns, width, new Shape(1, 1, width, 1));
        NDArray counts = rowCounts.mul(columnCounts)) {
      return sum.divi(counts);
    }
  }

  /** Where the windows of an axis start and end. */
  private static List<long[]> windows(long size, long window, long step) {
    long count = Math.max(size - window + step - 1, 0) / step + 1;
    List<long[]> windows = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      long end = Math.min(i * step + window, size);
      windows.add(new long[] {Math.max(end - window, 0), end});
    }
    return windows;
  }

  private static NDArray counts(NDArray images, List<long[]> windows, long size, Shape shape) {
    float[] counts = new float[Math.toIntExact(size)];
    for (long[] window : windows) {
      for (long i = window[0]; i < window[1]; i++) {
        counts[(int) i]++;
      }
    }
    return images.getManager().create(counts, shape).toType(images.getDataType(), false);
  }

  /**
   * Probabilities at the size of the picture.
   *
   * @param scores (B, classes, H, W), before softmax
   * @param height of the picture
   * @param width of the picture
   * @return (B, classes, height, width), each pixel's with the sum 1
   * @throws IllegalArgumentException if the scores or the size are empty
   */
  public static NDArray probabilities(NDArray scores, int height, int width) {
    try (NDArray map = scores.transpose(0, 2, 3, 1);
        NDArray resized = Resize.bilinear(map, height, width);
        NDArray probabilities = resized.softmax(3)) {
      return probabilities.transpose(0, 3, 1, 2);
    }
  }

  /**
   * The most probable classes at the size of the picture, of which only some rows are in memory at
   * once.
   *
   * @param scores (B, classes, H, W), before softmax
   * @param height of the picture
   * @param width of the picture
   * @return (B, height, width), int64, counted from 0; of equal scores, the first
   * @throws IllegalArgumentException if the scores or the size are empty
   */
  public static NDArray labels(NDArray scores, int height, int width) {
    Shape shape = scores.getShape();
    NDManager manager = scores.getManager();
    try (GradientMode off = GradientMode.off();
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray map = scores.transpose(0, 2, 3, 1);
      long row = Math.max(shape.get(0) * shape.get(1) * width, 1);
      long rows = Math.max(SCORES_AT_ONCE / row, 1);
      NDList strips = new NDList();
      for (long first = 0; first < height; first += rows) {
        try (NDScope strip = new NDScope()) {
          strip.suppressNotUsedWarning();
          long end = Math.min(first + rows, height);
          NDArray best = Resize.bilinearRows(map, height, width, first, end).argMax(3);
          NDScope.unregister(best);
          strips.add(best);
        }
      }
      NDArray labels = strips.size() == 1 ? strips.head() : NDArrays.concat(strips, 1);
      NDScope.unregister(labels);
      labels.attach(manager);
      strips.forEach(strip -> closeUnless(strip, labels));
      return labels;
    }
  }

  private static void closeUnless(NDArray array, NDArray kept) {
    if (array != kept) {
      array.close();
    }
  }
}
