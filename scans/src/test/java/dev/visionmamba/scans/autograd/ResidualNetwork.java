package dev.visionmamba.scans.autograd;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.visionmamba.scans.CausalConv1d;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanDirection;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.SelectiveScan;
import dev.visionmamba.scans.SelectiveScanArguments;
import dev.visionmamba.scans.SelectiveScanArguments.Merge;
import java.util.List;
import java.util.Random;

/** Three residual layers, each a small Mamba, that start from the same weights every time. */
final class ResidualNetwork extends AbstractBlock {
  static final int LENGTH = 9;
  static final int CHANNELS = 18;
  private static final int INNER = 20;
  private static final int STATES = 4;
  private static final int LAYERS = 3;

  private final Layer[] layers = new Layer[LAYERS];
  private final Dropout dropout;

  /** Makes the last layer throw when it is called. */
  boolean broken;

  /** Makes the backward pass throw once it has left the last layers. */
  boolean brokenBackwards;

  ResidualNetwork() {
    this(0f);
  }

  /** Drops a share of the elements after every layer. */
  ResidualNetwork(float dropRate) {
    for (int i = 0; i < LAYERS; i++) {
      layers[i] = addChildBlock("layer" + i, new Layer());
    }
    dropout = addChildBlock("dropout", Dropout.builder().optRate(dropRate).build());
    Random random = new Random(7);
    getParameters()
        .forEach(
            named ->
                named
                    .getValue()
                    .setInitializer((manager, shape, type) -> uniform(manager, shape, random)));
    initialize(
        Engine.getInstance().newBaseManager(), DataType.FLOAT32, new Shape(1, LENGTH, CHANNELS));
  }

  /** Freezes one layer, or makes it trainable again. */
  void freezeLayer(int layer, boolean freeze) {
    layers[layer].freezeParameters(freeze);
  }

  static NDArray uniform(NDManager manager, Shape shape, Random random) {
    float[] values = new float[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = 0.8f * random.nextFloat() - 0.4f;
    }
    return manager.create(values, shape);
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDArray x = inputs.singletonOrThrow();
    for (int i = 0; i < LAYERS; i++) {
      if (broken && i == LAYERS - 1) {
        throw new IllegalStateException("broken");
      }
      x = layers[i].forward(store, new NDList(x), training).singletonOrThrow();
      x = dropout.forward(store, new NDList(x), training).singletonOrThrow();
      if (brokenBackwards && i == 0) {
        x = breakBackwards(x);
      }
    }
    return new NDList(x);
  }

  private static NDArray breakBackwards(NDArray x) {
    return Tape.current()
        .record(
            new NDList(x),
            () -> new NDList(x.duplicate()),
            (saved, outputGradient, gradients) -> {
              throw new IllegalStateException("broken backwards");
            });
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }

  @Override
  protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
    for (Layer layer : layers) {
      layer.initialize(manager, type, shapes);
    }
    dropout.initialize(manager, type, shapes);
  }

  /** x + out(scan(conv(in(x)))), gated. */
  private static final class Layer extends AbstractBlock {
    private final Linear in = Linear.builder().setUnits(2 * INNER).build();
    private final Linear project = Linear.builder().setUnits(INNER + 2 * STATES).build();
    private final Linear out = Linear.builder().setUnits(CHANNELS).build();
    private final Parameter logA = add("logA", INNER, STATES);
    private final Parameter d = add("d", INNER);
    private final Parameter deltaBias = add("deltaBias", INNER);
    private final Parameter filter = add("filter", INNER, 3);
    private final Parameter filterBias = add("filterBias", INNER);

    Layer() {
      addChildBlock("in", in);
      addChildBlock("project", project);
      addChildBlock("out", out);
    }

    private Parameter add(String name, long... shape) {
      return addParameter(
          Parameter.builder()
              .setName(name)
              .setType(Parameter.Type.OTHER)
              .optShape(new Shape(shape))
              .build());
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray x = Tape.cut(inputs.singletonOrThrow());
        // Feeds the convolution and, as the gate, the scan.
        NDArray xz = Tape.cut(apply(in, store, x, training)); // (B, L, 2E)
        ScanPath path = ScanPath.raster(LENGTH).reversed();
        NDArray u =
            CausalConv1d.forward(
                new CausalConv1dArguments(
                    path,
                    new Columns(xz, 0, INNER),
                    value(store, filter, xz, training),
                    value(store, filterBias, xz, training)));
        NDArray projected = apply(project, store, u, training); // (B, L, E + 2N)
        NDArray a = value(store, logA, xz, training).exp().neg();
        a.attach(xz.getManager());
        ScanDirection direction =
            new ScanDirection(
                path,
                Columns.all(u),
                new Columns(projected, 0, INNER),
                new Columns(projected, INNER, INNER + STATES),
                new Columns(projected, INNER + STATES, INNER + 2 * STATES),
                a,
                value(store, d, xz, training),
                value(store, deltaBias, xz, training));
        NDArray y =
            SelectiveScan.forward(
                new SelectiveScanArguments(
                    List.of(direction), new Columns(xz, INNER, 2 * INNER), Merge.SUM, true));
        NDArray result = x.add(apply(out, store, y, training));
        NDScope.unregister(result);
        return new NDList(result);
      }
    }

    private static NDArray apply(Linear linear, ParameterStore store, NDArray x, boolean training) {
      return linear.forward(store, new NDList(x), training).singletonOrThrow();
    }

    private static NDArray value(
        ParameterStore store, Parameter parameter, NDArray x, boolean training) {
      return store.getValue(parameter, x.getDevice(), training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
      Shape x = shapes[0];
      in.initialize(manager, type, x);
      project.initialize(manager, type, new Shape(x.get(0), x.get(1), INNER));
      out.initialize(manager, type, new Shape(x.get(0), x.get(1), INNER));
    }
  }
}
