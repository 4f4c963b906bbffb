package dev.visionmamba.heads.detection;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.backbones.layers.NamedBlock;
import java.util.List;

/** A head that predicts at every place of every level, by the same weights. */
abstract class DenseHead extends NamedBlock {

  /** (B, H, W, C) to scores and deltas. */
  abstract LevelPrediction predict(ParameterStore store, NDArray map, boolean training);

  /** How many numbers there are at a place: of scores and of deltas. */
  abstract int outputs();

  /** What a map of such a size costs, in multiply-adds. */
  abstract long multiplyAdds(long height, long width);

  /** The predictions of each level. */
  final List<LevelPrediction> predict(ParameterStore store, List<NDArray> maps, boolean training) {
    return maps.stream().map(map -> predict(store, map, training)).toList();
  }

  /** (B, H, W, C) to scores and deltas side by side. */
  @Override
  public final NDArray forward(ParameterStore store, NDArray map, boolean training) {
    LevelPrediction prediction = predict(store, map, training);
    try (NDArray scores = prediction.scores();
        NDArray deltas = prediction.deltas()) {
      return scores.concat(deltas, -1);
    }
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].slice(0, 3).add(outputs())};
  }
}
