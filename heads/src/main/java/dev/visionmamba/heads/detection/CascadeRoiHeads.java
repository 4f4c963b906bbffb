package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.Conv2d;
import dev.visionmamba.backbones.layers.ConvTranspose2x2;
import dev.visionmamba.backbones.layers.Linear;
import dev.visionmamba.backbones.layers.NamedBlock;
import dev.visionmamba.backbones.layers.NamedBlocks;
import java.util.ArrayList;
import java.util.List;

/** The heads of regions of a cascade, under the names of detectron2. */
final class CascadeRoiHeads extends NamedBlock {
  private static final int CONVOLUTIONS = 4;
  private static final float SCORE_DEVIATION = 0.01f;
  private static final float DELTA_DEVIATION = 0.001f;
  private static final float MASK_DEVIATION = 0.001f;

  private final int side;
  private final NamedBlocks<Hidden> hidden;
  private final NamedBlocks<Predictor> predictors;
  private final Masks masks;

  /** Heads of so many stages over (n, side, side, channels). */
  CascadeRoiHeads(CascadeRcnnConfig config, int stages, int side) {
    this.side = side;
    this.hidden = child("box_head", new NamedBlocks<>());
    this.predictors = child("box_predictor", new NamedBlocks<>());
    for (int i = 0; i < stages; i++) {
      hidden.add(new Hidden(config.channels(), side, config.linearChannels()));
      predictors.add(new Predictor(config.linearChannels(), config.classes()));
    }
    this.masks = child("mask_head", new Masks(config.channels(), config.classes()));
  }

  /** Normed convolutions named by numbers from 1. */
  private static List<NormedConvolution> convolutions(int channels) {
    List<NormedConvolution> convolutions = new ArrayList<>();
    for (int i = 0; i < CONVOLUTIONS; i++) {
      convolutions.add(new NormedConvolution(channels, channels));
    }
    return convolutions;
  }

  private static NDArray all(
      List<NormedConvolution> convolutions, ParameterStore store, NDArray x, boolean training) {
    NDArray y = x;
    for (NormedConvolution convolution : convolutions) {
      y = convolution.forward(store, y, training);
    }
    return y;
  }

  /** A stage's layers before its outputs. */
  private static final class Hidden extends NamedBlock {
    private final List<NormedConvolution> convolutions;
    private final Linear linear;
    private final int out;

    Hidden(int channels, int side, int out) {
      this.out = out;
      this.convolutions = convolutions(channels);
      for (int i = 0; i < convolutions.size(); i++) {
        child("conv" + (i + 1), convolutions.get(i));
      }
      this.linear = child("fc1", Starts.xavier(channels * side * side, out));
    }

    /** (n, side, side, channels) to (n, out). */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray flat = BoxHead.flat(all(convolutions, store, x, training));
      return Activation.relu(linear.forward(store, flat, training));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return new Shape[] {new Shape(inputShapes[0].get(0), out)};
    }
  }

  /** A stage's outputs; all classes share a box. */
  private static final class Predictor extends NamedBlock {
    private final Linear scores;
    private final Linear deltas;
    private final int classes;

    Predictor(int in, int classes) {
      this.classes = classes;
      this.scores = child("cls_score", Starts.linear(in, classes + 1, SCORE_DEVIATION));
      this.deltas = child("bbox_pred", Starts.linear(in, 4, DELTA_DEVIATION));
    }

    BoxPrediction predict(ParameterStore store, NDArray x, boolean training) {
      return new BoxPrediction(
          scores.forward(store, x, training), deltas.forward(store, x, training));
    }

    /** (n, in) to scores and deltas side by side. */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      BoxPrediction prediction = predict(store, x, training);
      return prediction.scores().concat(prediction.deltas(), -1);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      return new Shape[] {new Shape(inputShapes[0].get(0), classes + 5L)};
    }
  }

  /** The mask head. */
  private static final class Masks extends NamedBlock {
    private final List<NormedConvolution> convolutions;
    private final ConvTranspose2x2 upsampling;
    private final Conv2d logits;
    private final int classes;

    Masks(int channels, int classes) {
      this.classes = classes;
      this.convolutions = convolutions(channels);
      for (int i = 0; i < convolutions.size(); i++) {
        child("mask_fcn" + (i + 1), convolutions.get(i));
      }
      this.upsampling = child("deconv", new ConvTranspose2x2(channels, channels));
      this.logits =
          child(
              "predictor", Starts.convolution(channels, classes, Starts.PIXEL, MASK_DEVIATION, 0));
    }

    /** (n, side, side, channels) to (n, 2 side, 2 side, classes). */
    @Override
    public NDArray forward(ParameterStore store, NDArray x, boolean training) {
      NDArray convolved = all(convolutions, store, x, training);
      NDArray larger = Activation.relu(upsampling.forward(store, convolved, training));
      return logits.forward(store, larger, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
      Shape x = inputShapes[0];
      return new Shape[] {new Shape(x.get(0), 2 * x.get(1), 2 * x.get(2), classes)};
    }
  }

  /** What a region costs in all stages. */
  long boxMultiplyAdds() {
    long cost = 0;
    for (Hidden stage : hidden.list()) {
      cost += multiplyAdds(stage.convolutions, side) + stage.linear.multiplyAdds(1);
    }
    for (Predictor predictor : predictors.list()) {
      cost += predictor.scores.multiplyAdds(1) + predictor.deltas.multiplyAdds(1);
    }
    return cost;
  }

  /** What a region's mask costs, by the side of its features. */
  long maskMultiplyAdds(long maskSide) {
    return multiplyAdds(masks.convolutions, maskSide)
        + masks.upsampling.multiplyAdds(maskSide, maskSide)
        + masks.logits.multiplyAdds(2 * maskSide, 2 * maskSide);
  }

  private static long multiplyAdds(List<NormedConvolution> convolutions, long side) {
    return convolutions.stream()
        .mapToLong(convolution -> convolution.multiplyAdds(side, side))
        .sum();
  }

  /** What a stage says of (n, side, side, channels). */
  BoxPrediction boxes(ParameterStore store, int stage, NDArray features, boolean training) {
    NDArray x = hidden.list().get(stage).forward(store, features, training);
    return predictors.list().get(stage).predict(store, x, training);
  }

  /** (n, side, side, channels) to (n, 2 side, 2 side, classes) logits. */
  NDArray masks(ParameterStore store, NDArray features, boolean training) {
    return masks.forward(store, features, training);
  }

  /** What the first stage says, side by side. */
  @Override
  public NDArray forward(ParameterStore store, NDArray features, boolean training) {
    NDArray x = hidden.list().get(0).forward(store, features, training);
    return predictors.list().get(0).forward(store, x, training);
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return predictors.list().get(0).getOutputShapes(inputShapes);
  }
}
