package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** What the anchors of a batch's images are to say, gathered image by image. */
final class AnchorTargets {
  private final AnchorGrid grid;
  private final BoxCoder coder;
  private final List<long[]> positives = new ArrayList<>();
  private final List<long[]> negatives = new ArrayList<>();
  private final List<float[]> deltas = new ArrayList<>();
  private int images;
  private int samples;

  AnchorTargets(AnchorGrid grid, BoxCoder coder) {
    this.grid = grid;
    this.coder = coder;
  }

  /**
   * Adds the next image.
   *
   * @param objects the anchors that lie on objects
   * @param truthOf the object of each
   * @param background the anchors that are to say that there is none
   * @param truth the objects
   * @param counted how many the image adds to what losses are divided by
   */
  void add(int[] objects, int[] truthOf, int[] background, GroundTruth truth, int counted) {
    long first = (long) images * grid.size();
    positives.add(IntStream.of(objects).mapToLong(i -> first + i).toArray());
    negatives.add(IntStream.of(background).mapToLong(i -> first + i).toArray());
    deltas.add(
        coder.encode(Boxes.select(grid.boxes(), objects), Boxes.select(truth.boxes(), truthOf)));
    images++;
    samples += counted;
  }

  /** What the sums of losses are divided by. */
  int samples() {
    return samples;
  }

  /** (P) anchors of the whole batch. */
  long[] positives() {
    return positives.stream().flatMapToLong(Arrays::stream).toArray();
  }

  /** The positives, then the negatives. */
  long[] sampled() {
    return LongStream.concat(
            Arrays.stream(positives()), negatives.stream().flatMapToLong(Arrays::stream))
        .toArray();
  }

  /** (P x 4), the ways from the positives to their objects. */
  float[] deltas() {
    return RegionTargets.concat(deltas);
  }
}
