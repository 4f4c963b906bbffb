package dev.visionmamba.scans.autograd;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import ai.djl.util.PairList;
import java.util.function.Predicate;

/**
 * DJL's trainer, with gradients that flow through the scan engines. Use {@link #of} where DJL's own
 * examples use {@code model.newTrainer}; everything else stays the same.
 *
 * <p>Gradients add up until a step uses them. A backward pass that throws has added a part of them:
 * they are all zeroed, so that the next batch begins anew. Where DJL lets one gradient collector of
 * the whole JVM be open, trainers of different models may here work at once, each on a thread of
 * its own; one model must not be trained by two.
 */
public final class ScanTrainer extends Trainer {

  private final ParameterStore store;

  private ScanTrainer(Model model, TrainingConfig config) {
    super(model, config);
    Block block = model.getBlock();
    StoreSeer seer = new StoreSeer();
    try {
      model.setBlock(seer);
      forward(new NDList());
    } finally {
      model.setBlock(block);
    }
    this.store = seer.seen;
  }

  /** DJL keeps a trainer's parameter store to itself, but hands it to the block. */
  private static final class StoreSeer extends AbstractBlock {
    private ParameterStore seen;

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
      seen = store;
      return inputs;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return inputShapes;
    }
  }

  /**
   * A trainer for a model, prepared as {@link Model#newTrainer} does: the configuration's
   * initializers are set and all parameters are trainable.
   *
   * @param model the model, its block set
   * @param config the training configuration
   * @return the trainer, to be closed
   */
  public static ScanTrainer of(Model model, TrainingConfig config) {
    for (Pair<Initializer, Predicate<Parameter>> pair : config.getInitializers()) {
      if (pair.getKey() != null && pair.getValue() != null) {
        model.getBlock().setInitializer(pair.getKey(), pair.getValue());
      }
    }
    model.getBlock().freezeParameters(false);
    return new ScanTrainer(model, config);
  }

  /**
   * The values of the model's parameters, as {@link #forward} reads them: what a pass through parts
   * of the network, that is more than the block's own, is given. A parameter takes part in {@link
   * #step} once its value has been read here.
   *
   * @return the store
   */
  public ParameterStore parameterStore() {
    return store;
  }

  /**
   * Opens a tape on this thread and switches autograd on, until closed.
   *
   * @return the collector; its {@code zeroGradients} concerns this trainer's model alone
   * @throws IllegalStateException if one is open on this thread
   */
  @Override
  public GradientCollector newGradientCollector() {
    return new TapeGradientCollector();
  }

  private void zeroAll() {
    for (Parameter parameter : getModel().getBlock().getParameters().values()) {
      if (parameter.isInitialized()) {
        zero(parameter.getArray());
      }
    }
    // The parameters' copies on other devices, and inputs that gradients are wanted of.
    getManager().getManagedArrays().forEach(ScanTrainer::zero);
  }

  private static void zero(NDArray array) {
    if (!array.isReleased() && array.hasGradient()) {
      JniUtils.zeroGrad((PtNDArray) array);
    }
  }

  private final class TapeGradientCollector implements GradientCollector {
    private final Tape tape = new Tape();
    private final GradientMode mode;

    TapeGradientCollector() {
      tape.open();
      mode = GradientMode.set(true);
    }

    @Override
    public void backward(NDArray target) {
      try (NDArray one = target.onesLike()) {
        JniUtils.backward((PtNDArray) target, (PtNDArray) one, false, false);
        tape.rewind();
      } catch (RuntimeException | Error e) {
        zeroAll();
        throw e;
      }
    }

    @Override
    public void zeroGradients() {
      zeroAll();
    }

    @Override
    public void close() {
      tape.close();
      mode.close();
    }
  }
}
