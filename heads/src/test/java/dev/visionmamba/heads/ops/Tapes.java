package dev.visionmamba.heads.ops;

import ai.djl.Model;
import ai.djl.nn.Blocks;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import dev.visionmamba.scans.autograd.ScanTrainer;

/** Tapes without a network to train. */
public final class Tapes {
  private Tapes() {}

  /** A collector that records on a tape. */
  public static GradientCollector collector() {
    Model model = Model.newInstance("none");
    model.setBlock(Blocks.identityBlock());
    return ScanTrainer.of(model, new DefaultTrainingConfig(Loss.l2Loss())).newGradientCollector();
  }
}
