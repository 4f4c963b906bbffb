package dev.visionmamba.backbones.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.backbones.layers.Casts;
import dev.visionmamba.backbones.layers.HostMemory;
import dev.visionmamba.scans.autograd.GradientMode;
import dev.visionmamba.scans.autograd.Tape;
import java.util.List;

/**
 * The sum that deformable attention takes (Deformable DETR, Zhu et al. 2020, arXiv:2010.04159,
 * equation 3): every query looks at some points of every level, around the place where it lies
 * itself, and adds up what it finds there, interpolated bilinearly, by given weights. A level is
 * surrounded by zeros.
 *
 * <p>Queries are the tokens of maps too. The token of row i of h lies at (i + 0.5) / h of the
 * image's height, which is row (i + 0.5) H / h - 0.5 of a level of H rows.
 *
 * <p>On a CPU it runs over the arrays' own memory, with a backward pass by hand inside a {@link
 * dev.visionmamba.scans.autograd.ScanTrainer}. Where autograd is on without one, on other devices
 * and for other numbers than float32, DJL's own operations are used.
 */
final class DeformableSampling {
  private final List<MapSize> queries;
  private final List<MapSize> levels;
  private final int heads;
  private final int points;

  /**
   * A geometry.
   *
   * @param queries the maps whose tokens ask
   * @param levels the maps whose tokens answer
   * @param heads M, at least 1
   * @param points P, how many a head, level and query, at least 1
   */
  DeformableSampling(List<MapSize> queries, List<MapSize> levels, int heads, int points) {
    this.queries = List.copyOf(queries);
    this.levels = List.copyOf(levels);
    this.heads = heads;
    this.points = points;
  }

  /**
   * Runs it.
   *
   * @param values (B, S, M*D), S the tokens of all levels
   * @param offsets (B, Q, M*L*P*2), Q the tokens of all maps of queries: x and y of each point, in
   *     pixels of its level, from the place of the query
   * @param weights (B, Q, M*L*P)
   * @return (B, Q, M*D), in single precision, in the values' manager
   * @throws IllegalArgumentException if a shape is another
   */
  NDArray forward(NDArray values, NDArray offsets, NDArray weights) {
    requireShapes(values.getShape(), offsets.getShape(), weights.getShape());
    return single(Casts.single(values), Casts.single(offsets), Casts.single(weights));
  }

  private NDArray single(NDArray values, NDArray offsets, NDArray weights) {
    NDList inputs = new NDList(values, offsets, weights);
    boolean inMemory = inputs.stream().allMatch(HostMemory::holds);
    Tape tape = Tape.current();
    if (!inMemory || (GradientMode.isOn() && tape == null)) {
      return byOperations(values, offsets, weights);
    }
    SamplingKernel kernel = new SamplingKernel(queries, levels, heads, points);
    if (tape == null) {
      return kernel.forward(values, offsets, weights);
    }
    return tape.record(
        inputs,
        () -> new NDList(kernel.forward(values, offsets, weights)),
        (saved, outputGradient, gradients) ->
            kernel.addGradients(inputs, outputGradient, gradients));
  }

  private void requireShapes(Shape values, Shape offsets, Shape weights) {
    long batch = values.dimension() == 3 ? values.get(0) : -1;
    long samples = (long) heads * levels.size() * points;
    Shape wantedOffsets = new Shape(batch, MapSize.tokens(queries), 2 * samples);
    Shape wantedWeights = new Shape(batch, MapSize.tokens(queries), samples);
    if (batch < 0
        || values.get(1) != MapSize.tokens(levels)
        || values.get(2) % heads != 0
        || !offsets.equals(wantedOffsets)
        || !weights.equals(wantedWeights)) {
      throw new IllegalArgumentException(
          String.format(
              "for %d heads, %d points, levels of %s and queries of %s, values must be (batch, %d,"
                  + " a multiple of the heads), offsets (batch, %d, %d) and weights (batch, %d,"
                  + " %d), but they are %s, %s and %s",
              heads,
              points,
              levels,
              queries,
              MapSize.tokens(levels),
              wantedOffsets.get(1),
              wantedOffsets.get(2),
              wantedWeights.get(1),
              wantedWeights.get(2),
              values,
              offsets,
              weights));
    }
  }

  /** The same by gathering rows, which autograd and every device know. */
  private NDArray byOperations(NDArray values, NDArray offsets, NDArray weights) {
    NDArray output;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Shape shape = values.getShape();
      long batch = shape.get(0);
      long size = shape.get(2) / heads;
      long asked = offsets.getShape().get(1);
      NDArray rows = values.reshape(batch * shape.get(1) * heads, size); // (B*S*M, D)
      NDArray places = offsets.reshape(batch, asked, heads, levels.size(), (long) points * 2);
      NDArray shares = weights.reshape(batch, asked, heads, levels.size(), points);
      NDArray sum = null;
      int first = 0;
      for (int l = 0; l < levels.size(); l++) {
        NDIndex ofLevel = new NDIndex(":, :, :, " + l);
        NDArray place = places.get(ofLevel).reshape(batch, asked, heads, points, 2);
        NDArray share = shares.get(ofLevel); // (B, Q, M, P)
        NDArray found = level(rows, place, share, levels.get(l), first, shape);
        sum = sum == null ? found : sum.add(found);
        first += levels.get(l).tokens();
      }
      output = sum.reshape(batch, asked, shape.get(2));
      NDScope.unregister(output);
    }
    NDScope.register(output); // to the scope of whoever asks
    return output;
  }

  /** What is found on a level whose first token has a number: (B, Q, M, D). */
  private NDArray level(
      NDArray rows, NDArray place, NDArray share, MapSize level, int first, Shape values) {
    NDManager manager = rows.getManager();
    DataType type = rows.getDataType();
    NDArray x = place.get(new NDIndex("..., 0")).add(origins(manager, level, true, type));
    NDArray y = place.get(new NDIndex("..., 1")).add(origins(manager, level, false, type));
    NDArray left;
    NDArray top;
    try (GradientMode off = GradientMode.off()) {
      left = x.floor();
      top = y.floor();
    }
    NDArray across = x.sub(left);
    NDArray down = y.sub(top);
    long batch = values.get(0);
    NDArray images =
        manager.arange(batch).toType(DataType.INT64, false).mul(values.get(1)).reshape(-1, 1, 1, 1);
    NDArray head = manager.arange(heads).toType(DataType.INT64, false).reshape(1, 1, -1, 1);
    NDArray sum = null;
    for (int corner = 0; corner < 4; corner++) {
      int right = corner % 2;
      int low = corner / 2;
      NDArray alongX = right == 1 ? across : across.neg().add(1);
      NDArray alongY = low == 1 ? down : down.neg().add(1);
      NDArray index;
      NDArray inside;
      try (GradientMode off = GradientMode.off()) {
        NDArray column = left.add(right);
        NDArray row = top.add(low);
        NDArray isInside =
            column
                .gte(0)
                .logicalAnd(column.lt(level.width()))
                .logicalAnd(row.gte(0))
                .logicalAnd(row.lt(level.height()));
        inside = isInside.toType(type, false);
        NDArray zeros = column.zerosLike();
        NDArray token =
            whole(NDArrays.where(isInside, row, zeros))
                .mul(level.width())
                .add(whole(NDArrays.where(isInside, column, zeros)))
                .add(first);
        index = token.add(images).mul(heads).add(head); // (B, Q, M, P), rows
      }
      NDArray weight = alongX.mul(alongY).mul(inside).mul(share).expandDims(-1);
      long size = rows.getShape().get(1);
      NDArray picked = rows.gather(index.reshape(-1, 1).broadcast(index.size(), size), 0);
      NDArray term =
          picked.reshape(index.getShape().add(size)).mul(weight).sum(new int[] {3}); // (B,Q,M,D)
      sum = sum == null ? term : sum.add(term);
    }
    return sum;
  }

  private static NDArray whole(NDArray numbers) {
    return numbers.toType(DataType.INT64, false);
  }

  /** Where the queries lie on a level, along x or y: (1, Q, 1, 1). */
  private NDArray origins(NDManager manager, MapSize level, boolean alongX, DataType type) {
    double[] origins = new double[MapSize.tokens(queries)];
    int q = 0;
    for (MapSize map : queries) {
      for (int i = 0; i < map.tokens(); i++) {
        origins[q++] =
            alongX
                ? origin(i % map.width(), map.width(), level.width())
                : origin(i / map.width(), map.height(), level.height());
      }
    }
    NDArray array = manager.create(origins, new Shape(1, q, 1, 1));
    return array.toType(type, true); // a copy in libtorch's own memory, for autograd
  }

  /** Where token i of n lies among the tokens of a longer or shorter side. */
  static double origin(int i, int n, int side) {
    return (i + 0.5) * side / n - 0.5;
  }
}
