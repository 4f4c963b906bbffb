package dev.visionmamba.heads.detection;

import dev.visionmamba.heads.assign.Sample;
import dev.visionmamba.heads.ops.BoxCoder;
import dev.visionmamba.heads.ops.Boxes;
import dev.visionmamba.heads.ops.MaskCrop;
import dev.visionmamba.heads.ops.Rois;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the regions of a batch's images are to say, gathered image by image. */
final class RegionTargets {
  private final BoxCoder coder;
  private final int maskSide;
  private final List<float[]> boxes = new ArrayList<>();
  private final List<long[]> labels = new ArrayList<>();
  private final List<Integer> positives = new ArrayList<>();
  private final List<Integer> positiveLabels = new ArrayList<>();
  private final List<float[]> deltas = new ArrayList<>();
  private final List<float[]> maskBoxes = new ArrayList<>();
  private final List<Long> maskLabels = new ArrayList<>();
  private final List<float[]> masks = new ArrayList<>();
  private int regions;

  /**
   * No regions yet.
   *
   * @param maskSide pixels along each side of a predicted mask
   */
  RegionTargets(BoxCoder coder, int maskSide) {
    this.coder = coder;
    this.maskSide = maskSide;
  }

  /**
   * Adds the next image.
   *
   * @param candidates the boxes that were sampled from
   * @param sample which were drawn
   * @param truth the image's objects
   * @param image its frame
   * @param classes how many there are; the background's label
   */
  void add(float[] candidates, Sample sample, GroundTruth truth, ImageFrame image, int classes) {
    int[] truthOf = sample.truths();
    float[] drawn = Boxes.select(candidates, sample.boxes());
    float[] onObjects = Boxes.select(candidates, sample.positives());
    boxes.add(drawn);
    labels.add(sample.labels(truth.labels(), classes));
    deltas.add(coder.encode(onObjects, Boxes.select(truth.boxes(), truthOf)));
    int known = 0;
    float[] regionsOfMasks = new float[onObjects.length];
    for (int i = 0; i < truthOf.length; i++) {
      int label = truth.labels()[truthOf[i]];
      positives.add(regions + i); // the sample has its positives first
      positiveLabels.add(label);
      boolean[] mask = truth.masks().length == 0 ? null : truth.masks()[truthOf[i]];
      if (mask != null) {
        float[] region = Arrays.copyOfRange(onObjects, 4 * i, 4 * i + 4);
        System.arraycopy(region, 0, regionsOfMasks, 4 * known++, 4);
        maskLabels.add((long) label);
        masks.add(target(mask, region, image));
      }
    }
    maskBoxes.add(Arrays.copyOf(regionsOfMasks, 4 * known));
    regions += sample.size();
  }

  private float[] target(boolean[] mask, float[] region, ImageFrame image) {
    float[] target = new float[maskSide * maskSide];
    float[] inside = Boxes.clip(region, image.height(), image.width());
    MaskCrop.crop(mask, image.height(), image.width(), inside, maskSide, target, 0);
    return target;
  }

  /** The n regions that were drawn. */
  Rois rois() {
    return Rois.ofBatch(boxes);
  }

  /** (n) classes, the background's among them. */
  long[] labels() {
    return labels.stream().flatMapToLong(Arrays::stream).toArray();
  }

  /** (P) the regions that lie on objects. */
  int[] positives() {
    return positives.stream().mapToInt(i -> i).toArray();
  }

  /** (P) their classes. */
  int[] positiveLabels() {
    return positiveLabels.stream().mapToInt(i -> i).toArray();
  }

  /** (P x 4) the ways from them to their objects. */
  float[] deltas() {
    return concat(deltas);
  }

  /** The M regions on objects whose masks are known. */
  Rois maskRois() {
    return Rois.ofBatch(maskBoxes);
  }

  /** (M) their classes. */
  long[] maskLabels() {
    return maskLabels.stream().mapToLong(i -> i).toArray();
  }

  /** (M x side x side), 1 where the object is. */
  float[] masks() {
    return concat(masks);
  }

  static float[] concat(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(some -> some.length).sum()];
    int at = 0;
    for (float[] some : parts) {
      System.arraycopy(some, 0, all, at, some.length);
      at += some.length;
    }
    return all;
  }
}
