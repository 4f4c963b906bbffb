package dev.visionmamba.heads.segmentation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Constants;
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
   * The scores at the size of the input: four bytes for each class and pixel, in float32. Where the
   * {@linkplain #labels(Segmenter, ParameterStore, NDArray) labels} are enough, they take much
   * less.
   *
   * @param network the network
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @return (B, classes, H, W), before softmax
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public NDArray scores(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = requireImages(images.getShape());
    try (GradientMode off = GradientMode.off()) {
      if (!slides(shape)) {
        return seen(network, store, images);
      }
      Shape whole = new Shape(shape.get(0), shape.get(2), shape.get(3), network.classes());
      try (NDArray all =
          images.getManager().zeros(whole, images.getDataType(), images.getDevice())) {
        slide(
            network,
            store,
            images,
            SCORES_AT_ONCE,
            (strip, first) -> {
              long end = first + strip.getShape().get(1);
              try (NDArray place = all.get(new NDIndex().addAllDim().addSliceDim(first, end))) {
                place.addi(strip);
              }
            });
        return all.transpose(0, 3, 1, 2);
      }
    }
  }

  /**
   * The most probable classes at the size of the input. Of a sliding window's scores, only those
   * are in memory that other windows will add to, at the network's own resolution, and some rows at
   * the input's.
   *
   * @param network the network
   * @param store the parameter store
   * @param images (B, channels, H, W), normalised
   * @return (B, H, W), int64, counted from 0; of equal scores, the first
   * @throws IllegalArgumentException if the images have other channels or are too small
   */
  public NDArray labels(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = requireImages(images.getShape());
    if (!slides(shape)) {
      try (NDArray scores = scores(network, store, images)) {
        return labels(scores, (int) shape.get(2), (int) shape.get(3));
      }
    }
    NDManager manager = images.getManager();
    try (GradientMode off = GradientMode.off();
        NDManager temporary = manager.newSubManager(images.getDevice())) {
      NDList strips = new NDList();
      slide(
          network,
          store,
          images,
          SCORES_AT_ONCE,
          (strip, first) -> {
            NDArray best = strip.argMax(3);
            best.attach(temporary);
            strips.add(best);
          });
      NDArray labels = NDArrays.concat(strips, 1);
      labels.attach(manager);
      return labels;
    }
  }

  private static Shape requireImages(Shape shape) {
    if (shape.dimension() != 4) {
      throw new IllegalArgumentException(
          "images must be (batch, channels, height, width), but are " + shape);
    }
    return shape;
  }

  private boolean slides(Shape images) {
    return window != null && (window.get(0) < images.get(2) || window.get(1) < images.get(3));
  }

  /** A whole input's scores at its size, (B, classes, H, W). */
  private static NDArray seen(Segmenter network, ParameterStore store, NDArray images) {
    Shape shape = images.getShape();
    try (NDArray scores = network.forward(store, images, false);
        NDArray map = scores.transpose(0, 2, 3, 1);
        NDArray resized = Resize.bilinear(map, shape.get(2), shape.get(3))) {
      return resized.transpose(0, 3, 1, 2);
    }
  }

  /** Is given the finished rows of a sliding window's scores, from top to bottom. */
  @FunctionalInterface
  interface Strips {
    /**
     * Takes some rows.
     *
     * @param scores (B, rows, W, classes), closed afterwards
     * @param first the first row, counted from 0
     */
    void take(NDArray scores, long first);
  }

  /**
   * Windows side by side.
   *
   * @param top the first row of the input that they see
   * @param end the row after the last
   * @param maps what the network says of each, (B, h, w, classes), at its own resolution
   */
  private record WindowRow(long top, long end, List<NDArray> maps) {
    void close() {
      maps.forEach(NDArray::close);
    }
  }

  /**
   * Slides the window over the images.
   *
   * @param most how many scores at once, but at least a row
   */
  void slide(Segmenter network, ParameterStore store, NDArray images, long most, Strips strips) {
    Shape shape = images.getShape();
    long height = shape.get(2);
    long width = shape.get(3);
    List<long[]> rows = windows(height, window.get(0), step.get(0));
    List<long[]> columns = windows(width, window.get(1), step.get(1));
    long row = Math.max(shape.get(0) * width * network.classes(), 1);
    long atOnce = Math.max(most / row, 1);
    try (NDManager temporary = images.getManager().newSubManager(images.getDevice())) {
      List<WindowRow> open = new ArrayList<>();
      for (int i = 0; i < rows.size(); i++) {
        long top = rows.get(i)[0];
        open.stream().filter(seen -> seen.end() <= top).forEach(WindowRow::close);
        open.removeIf(seen -> seen.end() <= top);
        open.add(windowRow(network, store, images, rows.get(i), columns, temporary));
        // No later window sees what is above the next one's top.
        long finished = i + 1 < rows.size() ? rows.get(i + 1)[0] : height;
        for (long first = top; first < finished; first += atOnce) {
          long end = Math.min(first + atOnce, finished);
          Shape strip = new Shape(shape.get(0), end - first, width, network.classes());
          try (NDArray sum = temporary.zeros(strip, images.getDataType())) {
            for (WindowRow seen : open) {
              add(seen, columns, sum, first);
            }
            divide(sum, rows, columns, first);
            strips.take(sum, first);
          }
        }
      }
    }
  }

  /** What the network says of a row of windows. */
  private static WindowRow windowRow(
      Segmenter network,
      ParameterStore store,
      NDArray images,
      long[] y,
      List<long[]> columns,
      NDManager manager) {
    List<NDArray> maps = new ArrayList<>();
    for (long[] x : columns) {
      NDIndex place = new NDIndex().addAllDim(2).addSliceDim(y[0], y[1]).addSliceDim(x[0], x[1]);
      try (NDArray part = images.get(place);
          NDArray scores = network.forward(store, part, false)) {
        NDArray map = scores.transpose(0, 2, 3, 1);
        map.attach(manager);
        maps.add(map);
      }
    }
    return new WindowRow(y[0], y[1], maps);
  }

  /** Adds what a row of windows says to those of a strip's rows that it sees. */
  private static void add(WindowRow row, List<long[]> columns, NDArray strip, long first) {
    long from = Math.max(first, row.top());
    long end = Math.min(first + strip.getShape().get(1), row.end());
    for (int i = 0; i < columns.size() && from < end; i++) {
      long left = columns.get(i)[0];
      long right = columns.get(i)[1];
      NDIndex seen =
          new NDIndex().addAllDim().addSliceDim(from - first, end - first).addSliceDim(left, right);
      try (NDArray scores =
              Resize.bilinearRows(
                  row.maps().get(i),
                  row.end() - row.top(),
                  right - left,
                  from - row.top(),
                  end - row.top());
          NDArray place = strip.get(seen)) {
        place.addi(scores);
      }
    }
  }

  /** Makes means of a strip's sums. */
  private static void divide(NDArray sum, List<long[]> rows, List<long[]> columns, long first) {
    long height = sum.getShape().get(1);
    long width = sum.getShape().get(2);
    // How many windows see a pixel is a product of its row's and its column's windows.
    try (NDArray ofRows =
            Constants.like(sum, counts(rows, first, height), new Shape(1, height, 1, 1));
        NDArray ofColumns =
            Constants.like(sum, counts(columns, 0, width), new Shape(1, 1, width, 1));
        NDArray counts = ofRows.mul(ofColumns)) {
      sum.divi(counts);
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

  /** How many windows see each of some pixels of an axis. */
  private static double[] counts(List<long[]> windows, long first, long size) {
    double[] counts = new double[Math.toIntExact(size)];
    for (long[] window : windows) {
      long end = Math.min(window[1], first + size);
      for (long i = Math.max(window[0], first); i < end; i++) {
        counts[(int) (i - first)]++;
      }
    }
    return counts;
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
