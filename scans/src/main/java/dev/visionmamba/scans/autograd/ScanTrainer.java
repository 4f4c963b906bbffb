package dev.visionmamba.scans.autograd;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import java.util.function.Predicate;

/**
 * DJL's trainer, with gradients that flow through the scan engines. Use {@link #of} where DJL's own
 * examples use {@code model.newTrainer}; everything else stays the same.
 */
public final class ScanTrainer extends Trainer {

  private ScanTrainer(Model model, TrainingConfig config) {
    super(model, config);
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

  @Override
  public GradientCollector newGradientCollector() {
    return new TapeGradientCollector(super.newGradientCollector());
  }

  private static final class TapeGradientCollector implements GradientCollector {
    private final GradientCollector graph;
    private final Tape tape = new Tape();

    TapeGradientCollector(GradientCollector graph) {
      this.graph = graph;
      try {
        tape.open();
      } catch (RuntimeException e) {
        graph.close();
        throw e;
      }
    }

    @Override
    public void backward(NDArray target) {
      graph.backward(target);
      tape.rewind();
    }

    @Override
    public void zeroGradients() {
      graph.zeroGradients();
    }

    @Override
    public void close() {
      tape.close();
      graph.close();
    }
  }
}
