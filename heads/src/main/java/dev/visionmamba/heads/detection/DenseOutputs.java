package dev.visionmamba.heads.detection;

import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.ops.Anchors;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MulticlassNms;
import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import dev.visionmamba.heads.ops.Nms;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** From the predictions of a dense head to boxes. */
final class DenseOutputs {
  /** Logits are compared with a limit a little below the exact one, so none is missed. */
  private static final double MARGIN = 1e-3;

  private final List<Level> levels;
  private final BoxCoder coder;

  /** A level's predictions for the whole batch. */
  private record Level(
      float[] scores, float[] deltas, int places, int width, int columns, Anchors anchors) {

    static Level of(LevelPrediction prediction, Anchors anchors) {
      Shape shape = prediction.scores().getShape();
      return new Level(
          prediction.scores().toFloatArray(),
          prediction.deltas().toFloatArray(),
          Math.toIntExact(shape.get(1) * shape.get(2)),
          Math.toIntExact(shape.get(2)),
          Math.toIntExact(shape.get(3)) / anchors.perPlace(),
          anchors);
    }

    /** The logits of an image, anchor by anchor. */
    float[] scoresOf(int image) {
      int length = places * anchors.perPlace() * columns;
      return Arrays.copyOfRange(scores, image * length, (image + 1) * length);
    }

    /** Some anchors' boxes of an image, not clipped. */
    float[] decode(BoxCoder coder, int image, int[] indices) {
      float[] boxes = new float[indices.length * Boxes.COORDINATES];
      float[] ways = new float[boxes.length];
      int first = image * places * anchors.perPlace();
      for (int i = 0; i < indices.length; i++) {
        anchors.get(indices[i], width, boxes, i * Boxes.COORDINATES);
        System.arraycopy(
            deltas,
            (first + indices[i]) * Boxes.COORDINATES,
            ways,
            i * Boxes.COORDINATES,
            Boxes.COORDINATES);
      }
      return coder.decode(boxes, ways);
    }
  }

  /**
   * The outputs of a batch.
   *
   * @param predictions of each level
   * @param anchors of each level
   */
  DenseOutputs(List<LevelPrediction> predictions, List<Anchors> anchors, BoxCoder coder) {
    this.levels =
        IntStream.range(0, predictions.size())
            .mapToObj(i -> Level.of(predictions.get(i), anchors.get(i)))
            .toList();
    this.coder = coder;
  }

  /** Boxes of a kind each, and their scores, gathered level by level. */
  private static final class Candidates {
    private float[] boxes = new float[0];
    private float[] scores = new float[0];
    private int[] kinds = new int[0];

    /** Adds the boxes that are wider and higher than a length. */
    void add(float[] moreBoxes, float[] moreScores, int[] moreKinds, float leastSide) {
      int at = scores.length;
      boxes = Arrays.copyOf(boxes, boxes.length + moreBoxes.length);
      scores = Arrays.copyOf(scores, at + moreScores.length);
      kinds = Arrays.copyOf(kinds, at + moreKinds.length);
      for (int i = 0; i < moreScores.length; i++) {
        int box = i * Boxes.COORDINATES;
        // What is not a number stays, to be refused.
        if (!(moreBoxes[box + 2] - moreBoxes[box] <= leastSide
            || moreBoxes[box + 3] - moreBoxes[box + 1] <= leastSide)) {
          System.arraycopy(moreBoxes, box, boxes, at * Boxes.COORDINATES, Boxes.COORDINATES);
          scores[at] = moreScores[i];
          kinds[at++] = moreKinds[i];
        }
      }
      boxes = Arrays.copyOf(boxes, at * Boxes.COORDINATES);
      scores = Arrays.copyOf(scores, at);
      kinds = Arrays.copyOf(kinds, at);
    }

    Selection select(MulticlassNms nms) {
      int[] indices = new int[scores.length];
      Arrays.setAll(indices, i -> i);
      return nms.select(boxes, scores, kinds, indices);
    }
  }

  /** The best boxes of an image, of a head whose only class is "object". */
  Proposals proposals(int image, ImageFrame frame, ProposalConfig config) {
    Candidates candidates = new Candidates();
    for (int level = 0; level < levels.size(); level++) {
      float[] logits = levels.get(level).scoresOf(image);
      int[] best = Nms.best(logits, config.mostOfLevel());
      float[] scores = new float[best.length];
      for (int i = 0; i < best.length; i++) {
        float logit = logits[best[i]];
        scores[i] = config.probabilities() ? sigmoid(logit) : logit;
      }
      int[] kinds = new int[best.length];
      Arrays.fill(kinds, level);
      float[] boxes = levels.get(level).decode(coder, image, best);
      candidates.add(
          Boxes.clip(boxes, frame.height(), frame.width()), scores, kinds, config.leastSide());
    }
    Selection selection =
        candidates.select(new MulticlassNms(0, config.iouThreshold(), config.most()));
    return new Proposals(selection.boxes(), selection.scores());
  }

  /** The objects of an image, of a head that knows their classes. */
  Detections detections(int image, ImageFrame frame, int mostOfLevel, MulticlassNms nms) {
    Candidates candidates = new Candidates();
    for (Level level : levels) {
      float[] logits = level.scoresOf(image);
      int[] above = above(logits, nms.scoreThreshold());
      float[] scores = new float[above.length];
      for (int i = 0; i < above.length; i++) {
        scores[i] = sigmoid(logits[above[i]]);
      }
      int[] best = Nms.best(scores, mostOfLevel);
      int[] kinds = new int[best.length];
      int[] anchors = new int[best.length];
      float[] bestScores = new float[best.length];
      for (int i = 0; i < best.length; i++) {
        int index = above[best[i]];
        anchors[i] = index / level.columns;
        kinds[i] = index % level.columns;
        bestScores[i] = scores[best[i]];
      }
      float[] boxes =
          Boxes.clip(level.decode(coder, image, anchors), frame.height(), frame.width());
      // The reference keeps boxes without area, such as those clipped to a line at the border.
      candidates.add(original(boxes, frame), bestScores, kinds, Float.NEGATIVE_INFINITY);
    }
    Selection selection = candidates.select(nms);
    return new Detections(
        selection.boxes(), selection.scores(), selection.labels(), new float[0][]);
  }

  /** Where probabilities are above a threshold. */
  private static int[] above(float[] logits, float threshold) {
    double limit = Math.log(threshold / (1.0 - threshold)) - MARGIN;
    int[] indices = new int[16];
    int count = 0;
    for (int i = 0; i < logits.length; i++) {
      // What is not a number stays, to be refused.
      if (!(logits[i] <= limit) && !(sigmoid(logits[i]) <= threshold)) {
        if (count == indices.length) {
          indices = Arrays.copyOf(indices, 2 * count);
        }
        indices[count++] = i;
      }
    }
    return Arrays.copyOf(indices, count);
  }

  static float sigmoid(float logit) {
    return (float) (1 / (1 + Math.exp(-logit)));
  }

  /** Boxes of the network's input in the original image. */
  static float[] original(float[] boxes, ImageFrame frame) {
    return Boxes.scale(boxes, 1.0 / frame.scaleX(), 1.0 / frame.scaleY());
  }
}
