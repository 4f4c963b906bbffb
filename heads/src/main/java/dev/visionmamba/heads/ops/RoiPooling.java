package dev.visionmamba.heads.ops;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.Constants;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import dev.visionmamba.scans.engine.Parallel;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * RoIAlign of given regions on given levels. Each region's rows of the map are summed by their
 * weights into rows of bins, then these along the columns; channels lie together, so every loop
 * runs over neighbouring numbers.
 */
final class RoiPooling {
  /** Regions that are worth a part of their own. */
  static final int LEAST_REGIONS = 4;

  private final RoiAlign align;
  private final double[] scales;
  private final Rois rois;
  private final int[] levelOf;

  /**
   * The work.
   *
   * @param scales pixels of the map a pixel of the image, for each level
   * @param levelOf the level of each region
   */
  RoiPooling(RoiAlign align, double[] scales, Rois rois, int[] levelOf) {
    this.align = align;
    this.scales = scales;
    this.rois = rois;
    this.levelOf = levelOf;
  }

  /** A level's memory. */
  record Level(FloatBuffer floats, int images, int height, int width, int channels) {
    static Level of(NDArray map) {
      Shape shape = map.getShape();
      if (shape.size() * Float.BYTES > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a map of " + shape + " exceeds the 2 GB that RoIAlign can address");
      }
      return new Level(
          memory(map),
          Math.toIntExact(shape.get(0)),
          Math.toIntExact(shape.get(1)),
          Math.toIntExact(shape.get(2)),
          Math.toIntExact(shape.get(3)));
    }

    int at(int image, int row, int column) {
      return ((image * height + row) * width + column) * channels;
    }
  }

  private static FloatBuffer memory(NDArray array) {
    return HostMemory.of(array);
  }

  /**
   * Runs it.
   *
   * @param maps (B, H, W, C) for each level
   * @return (n, bins, bins, C), in single precision
   */
  NDArray forward(List<NDArray> maps) {
    requireMaps(maps);
    List<NDArray> singles = maps.stream().map(Casts::single).toList();
    try {
      return single(singles);
    } finally {
      for (int i = 0; i < maps.size(); i++) {
        if (singles.get(i) != maps.get(i)) {
          singles.get(i).close();
        }
      }
    }
  }

  private NDArray single(List<NDArray> maps) {
    boolean inMemory = maps.stream().allMatch(HostMemory::holds);
    Tape tape = Tape.current();
    if (!inMemory || (GradientMode.isOn() && tape == null)) {
      return byOperations(maps);
    }
    if (tape == null) {
      return inMemory(maps);
    }
    return tape.record(
        new NDList(maps),
        () -> new NDList(inMemory(maps)),
        (saved, outputGradient, gradients) -> addGradients(outputGradient, gradients));
  }

  private void requireMaps(List<NDArray> maps) {
    Shape first = maps.get(0).getShape();
    for (NDArray map : maps) {
      Shape shape = map.getShape();
      if (shape.dimension() != 4
          || shape.get(0) != first.get(0)
          || shape.get(3) != first.get(3)
          || shape.size() == 0) {
        throw new IllegalArgumentException(
            "maps must be (batch, height, width, channels), of the same batch and channels, but"
                + " are "
                + maps.stream().map(NDArray::getShape).toList());
      }
    }
    for (int image : rois.images()) {
      if (image < 0 || image >= first.get(0)) {
        throw new IllegalArgumentException(
            "a region is of image " + image + ", but the batch has " + first.get(0));
      }
    }
  }

  int size() {
    return rois.size();
  }

  /** The level of a region. */
  int levelOf(int roi) {
    return levelOf[roi];
  }

  /** The image of a region. */
  int imageOf(int roi) {
    return rois.images()[roi];
  }

  /** The rows of a region's bins on a map of this height. */
  SampleAxis axisY(int roi, int height) {
    return axis(roi, 1, align.height(), height);
  }

  /** The columns of a region's bins on a map of this width. */
  SampleAxis axisX(int roi, int width) {
    return axis(roi, 0, align.width(), width);
  }

  private SampleAxis axis(int roi, int coordinate, int bins, int length) {
    double scale = scales[levelOf[roi]];
    int i = roi * Boxes.COORDINATES + coordinate;
    double start = rois.boxes()[i] * scale;
    double size = rois.boxes()[i + 2] * scale - start;
    return SampleAxis.of(start - 0.5, size, bins, align.samplingRatio(), length);
  }

  private Shape outputShape(List<NDArray> maps) {
    return new Shape(rois.size(), align.height(), align.width(), maps.get(0).getShape().get(3));
  }

  private NDArray inMemory(List<NDArray> maps) {
    Shape shape = outputShape(maps);
    if (shape.size() * Float.BYTES > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          rois.size()
              + " regions give "
              + shape
              + ", more than the 2 GB that RoIAlign can address; give fewer at once");
    }
    NDArray output = maps.get(0).getManager().create(shape, DataType.FLOAT32, Device.cpu());
    if (rois.size() > 0) {
      List<Level> levels = maps.stream().map(Level::of).toList();
      FloatBuffer to = memory(output);
      Parallel.run(
          rois.size(),
          LEAST_REGIONS,
          (from, end) -> {
            Scratch scratch = new Scratch();
            for (int roi = from; roi < end; roi++) {
              pool(roi, levels.get(levelOf[roi]), to, scratch);
            }
          });
    }
    return output;
  }

  /** Rows on the heap, where loops over them become vector instructions. */
  static final class Scratch {
    float[] row = new float[0];
    float[] sum = new float[0];
    float[] bins = new float[0];

    void ensure(int rowLength, int binLength) {
      if (row.length < rowLength) {
        row = new float[rowLength];
        sum = new float[rowLength];
      }
      if (bins.length < binLength) {
        bins = new float[binLength];
      }
    }
  }

  private void pool(int roi, Level level, FloatBuffer output, Scratch scratch) {
    int channels = level.channels;
    SampleAxis y = axisY(roi, level.height);
    SampleAxis x = axisX(roi, level.width);
    int length = Math.max(0, x.to() - x.from()) * channels;
    int binLength = align.width() * channels;
    scratch.ensure(length, binLength);
    int loaded = -1;
    for (int p = 0; p < align.height(); p++) {
      Arrays.fill(scratch.bins, 0, binLength, 0f);
      if (y.count[p] > 0 && !x.isEmpty()) {
        for (int k = 0; k < y.count[p]; k++) {
          int row = y.first[p] + k;
          if (row != loaded) {
            level.floats.get(level.at(rois.images()[roi], row, x.from()), scratch.row, 0, length);
            loaded = row;
          }
          float weight = y.weights[p * y.most + k];
          if (k == 0) {
            multiply(scratch.row, weight, scratch.sum, length);
          } else {
            multiplyAdd(scratch.row, 0, weight, scratch.sum, 0, length);
          }
        }
        for (int q = 0; q < align.width(); q++) {
          for (int k = 0; k < x.count[q]; k++) {
            int column = x.first[q] - x.from() + k;
            float weight = x.weights[q * x.most + k];
            multiplyAdd(
                scratch.sum, column * channels, weight, scratch.bins, q * channels, channels);
          }
        }
      }
      output.put((roi * align.height() + p) * binLength, scratch.bins, 0, binLength);
    }
  }

  /** to = weight from. */
  private static void multiply(float[] from, float weight, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = weight * from[i];
    }
  }

  /** to += weight from. */
  static void multiplyAdd(
      float[] from, int fromAt, float weight, float[] to, int toAt, int length) {
    for (int i = 0; i < length; i++) {
      to[toAt + i] += weight * from[fromAt + i];
    }
  }

  private void addGradients(NDArray outputGradient, NDList gradients) {
    if (rois.size() > 0) {
      List<Level> levels = gradients.stream().map(Level::of).toList();
      new RoiGradients(this, levels, memory(outputGradient)).add();
    }
  }

  /** The same as matrix products, which autograd and every device know. */
  private NDArray byOperations(List<NDArray> maps) {
    if (rois.size() == 0) {
      NDArray map = maps.get(0);
      return map.getManager().create(outputShape(maps), map.getDataType(), map.getDevice());
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      List<NDArray> pooled = new ArrayList<>();
      IntStream.range(0, rois.size())
          .forEach(roi -> pooled.add(byOperations(roi, maps.get(levelOf[roi]))));
      NDArray output = NDArrays.stack(new NDList(pooled));
      NDScope.unregister(output);
      return output;
    }
  }

  private NDArray byOperations(int roi, NDArray map) {
    NDManager manager = map.getManager();
    Shape shape = map.getShape();
    long channels = shape.get(3);
    SampleAxis y = axisY(roi, Math.toIntExact(shape.get(1)));
    SampleAxis x = axisX(roi, Math.toIntExact(shape.get(2)));
    if (y.isEmpty() || x.isEmpty()) {
      return manager.zeros(
          new Shape(align.height(), align.width(), channels), map.getDataType(), map.getDevice());
    }
    long rows = y.to() - y.from();
    long columns = x.to() - x.from();
    NDIndex index =
        new NDIndex("{}, {}:{}, {}:{}", rois.images()[roi], y.from(), y.to(), x.from(), x.to());
    NDArray region = map.get(index); // (rows, columns, C)
    NDArray alongY = matrix(map, y, rows); // (height, rows)
    NDArray alongX = matrix(map, x, columns); // (width, columns)
    NDArray summed =
        alongY
            .matMul(region.reshape(rows, columns * channels))
            .reshape(align.height(), columns, channels);
    return alongX.matMul(summed); // (height, width, C)
  }

  private static NDArray matrix(NDArray map, SampleAxis axis, long columns) {
    return Constants.like(map, axis.matrix(), new Shape(axis.first.length, columns));
  }
}
