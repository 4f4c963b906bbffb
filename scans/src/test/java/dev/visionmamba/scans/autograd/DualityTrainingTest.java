package dev.visionmamba.scans.autograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.util.PairList;
import dev.visionmamba.scans.CausalConv1d;
import dev.visionmamba.scans.CausalConv1dArguments;
import dev.visionmamba.scans.Columns;
import dev.visionmamba.scans.ScanPath;
import dev.visionmamba.scans.StateSpaceDuality;
import dev.visionmamba.scans.StateSpaceDualityArguments;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** State-space duality behind an operator of an engine, trained on the tape and by autograd. */
class DualityTrainingTest {
  private static final int BATCH = 3;
  private static final int LENGTH = 9;
  private static final int CHANNELS = 10;

  @Test
  void gradientsOnTheTapeAreThoseOfAutograd() {
    Map<String, float[]> taped = gradients(model -> ScanTrainer.of(model, config()));
    Map<String, float[]> plain = gradients(model -> model.newTrainer(config()));
    assertThat(taped).hasSize(2 * 6);
    taped.forEach(
        (name, gradient) -> {
          float largest = 0;
          for (float value : plain.get(name)) {
            largest = Math.max(largest, Math.abs(value));
          }
          assertThat(largest).as(name).isPositive();
          assertThat(gradient).as(name).containsExactly(plain.get(name), within(1e-5f * largest));
        });
  }

  private static TrainingConfig config() {
    return new DefaultTrainingConfig(Loss.l2Loss())
        .optOptimizer(Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build());
  }

  private static Map<String, float[]> gradients(Function<Model, Trainer> start) {
    try (Model model = Model.newInstance("duality")) {
      Network network = new Network();
      model.setBlock(network);
      try (Trainer trainer = start.apply(model);
          NDManager manager = trainer.getManager().newSubManager()) {
        Shape shape = new Shape(BATCH, LENGTH, CHANNELS);
        trainer.initialize(shape);
        NDArray x = ResidualNetwork.uniform(manager, shape, new Random(1));
        NDArray label = ResidualNetwork.uniform(manager, shape, new Random(2));
        try (GradientCollector collector = trainer.newGradientCollector()) {
          NDList prediction = trainer.forward(new NDList(x));
          collector.backward(trainer.getLoss().evaluate(new NDList(label), prediction));
        }
        Map<String, float[]> gradients = new LinkedHashMap<>();
        network
            .getParameters()
            .forEach(
                named ->
                    gradients.put(
                        named.getKey(), named.getValue().getArray().getGradient().toFloatArray()));
        return gradients;
      }
    }
  }

  /** Two residual layers, each a small Mamba-2, that start from the same weights every time. */
  private static final class Network extends AbstractBlock {
    private final Layer[] layers = {new Layer(), new Layer()};

    Network() {
      for (int i = 0; i < layers.length; i++) {
        addChildBlock("layer" + i, layers[i]);
      }
      Random random = new Random(7);
      getParameters()
          .forEach(
              named ->
                  named
                      .getValue()
                      .setInitializer(
                          (manager, shape, type) ->
                              ResidualNetwork.uniform(manager, shape, random)));
      initialize(
          Engine.getInstance().newBaseManager(), DataType.FLOAT32, new Shape(1, LENGTH, CHANNELS));
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      NDList x = inputs;
      for (Layer layer : layers) {
        x = layer.forward(store, x, training);
      }
      return x;
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
    }
  }

  /** x + out(ssd(conv(in(x)))). */
  private static final class Layer extends AbstractBlock {
    private static final int HEADS = 4;
    private static final int INNER = 12;
    private static final int STATES = 3;

    private final Linear in = Linear.builder().setUnits(INNER + HEADS + 2 * STATES).build();
    private final Linear out = Linear.builder().setUnits(CHANNELS).build();
    private final Parameter filter = add("filter", INNER, 3);
    private final Parameter filterBias = add("filterBias", INNER);

    Layer() {
      addChildBlock("in", in);
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
        // Feeds the convolution and the duality.
        NDArray projected = Tape.cut(in.forward(store, new NDList(x), training).singletonOrThrow());
        ScanPath path = ScanPath.raster(LENGTH).reversed();
        NDArray u =
            CausalConv1d.forward(
                new CausalConv1dArguments(
                    path,
                    new Columns(projected, 0, INNER),
                    store.getValue(filter, x.getDevice(), training),
                    store.getValue(filterBias, x.getDevice(), training)));
        NDArray delta = Activation.softPlus(new Columns(projected, INNER, INNER + HEADS).toArray());
        NDArray b =
            new Columns(projected, INNER + HEADS, INNER + HEADS + STATES).toArray().expandDims(2);
        NDArray c =
            new Columns(projected, INNER + HEADS + STATES, INNER + HEADS + 2 * STATES)
                .toArray()
                .expandDims(2);
        NDArray heads = u.reshape(u.getShape().get(0), LENGTH, HEADS, INNER / HEADS);
        NDArray y =
            StateSpaceDuality.forward(
                new StateSpaceDualityArguments(
                    path, heads.mul(delta.expandDims(3)), delta.neg(), b, c, null, 4));
        NDArray merged = y.reshape(u.getShape());
        NDArray result = x.add(out.forward(store, new NDList(merged), training).singletonOrThrow());
        NDScope.unregister(result);
        return new NDList(result);
      }
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
      Shape x = shapes[0];
      in.initialize(manager, type, x);
      out.initialize(manager, type, new Shape(x.get(0), x.get(1), INNER));
    }
  }
}
