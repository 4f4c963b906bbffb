package dev.visionmamba.heads.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.heads.ops.MulticlassNms.Selection;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Anchors, box regression, levels, sizes and selection of detections. */
class BoxOperatorsTest {
  private static final Offset<Float> CLOSE = within(1e-3f);

  private static float[] randomBoxes(Random random, int count) {
    float[] boxes = new float[count * 4];
    for (int i = 0; i < boxes.length; i += 4) {
      boxes[i] = random.nextFloat() * 500;
      boxes[i + 1] = random.nextFloat() * 500;
      boxes[i + 2] = boxes[i] + 1 + random.nextFloat() * 300;
      boxes[i + 3] = boxes[i + 1] + 1 + random.nextFloat() * 300;
    }
    return boxes;
  }

  /** As long as no ratio is beyond the limit. */
  @Property(tries = 200)
  void decodingUndoesEncoding(@ForAll long seed) {
    Random random = new Random(seed);
    float[] boxes = randomBoxes(random, 1 + random.nextInt(20));
    float[] targets = boxes.clone();
    for (int i = 0; i < boxes.length; i += 4) {
      float width = (boxes[i + 2] - boxes[i]) * (0.1f + random.nextFloat() * 9);
      float height = (boxes[i + 3] - boxes[i + 1]) * (0.1f + random.nextFloat() * 9);
      targets[i] = random.nextFloat() * 500;
      targets[i + 1] = random.nextFloat() * 500;
      targets[i + 2] = targets[i] + width;
      targets[i + 3] = targets[i + 1] + height;
    }
    double[] means = random.doubles(4, -0.5, 0.5).toArray();
    double[] deviations = random.doubles(4, 0.1, 1).toArray();
    for (BoxCoder coder :
        new BoxCoder[] {
          BoxCoder.ofDeviations(deviations),
          BoxCoder.ofWeights(10, 10, 5, 5),
          new BoxCoder(means, deviations, -5, 5)
        }) {
      assertThat(coder.decode(boxes, coder.encode(boxes, targets)))
          .containsExactly(targets, within(2e-3f));
    }
  }

  @Test
  void ratiosAreLimited() {
    float[] box = {0, 0, 16, 16};
    float[] deltas = {0, 0, 10, -10};
    assertThat(BoxCoder.ofDeviations(1, 1, 1, 1).decode(box, deltas))
        .containsExactly(new float[] {-492, 7.872f, 508, 8.128f}, CLOSE);
    assertThat(BoxCoder.ofWeights(1, 1, 1, 1).decode(box, deltas))
        .containsExactly(new float[] {-492, 7.99964f, 508, 8.00036f}, within(1e-5f));
  }

  @Test
  void severalClassesShareABox() {
    float[] boxes = {0, 0, 2, 2, 10, 10, 14, 12};
    float[] deltas = {0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0};
    assertThat(BoxCoder.ofDeviations(1, 1, 1, 1).decode(boxes, deltas))
        .containsExactly(0, 0, 2, 2, 2, 0, 4, 2, 10, 10, 14, 12, 10, 12, 14, 14);
    assertThat(BoxCoder.ofDeviations(1, 1, 1, 1).decode(new float[0], new float[0])).isEmpty();
  }

  @Test
  void coderRefusesWhatDoesNotFit() {
    BoxCoder coder = BoxCoder.ofDeviations(1, 1, 1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> coder.decode(new float[8], new float[4]))
        .withMessageContaining("4 deltas");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> coder.decode(new float[0], new float[4]))
        .withMessageContaining("0 boxes");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> coder.encode(new float[8], new float[4]))
        .withMessageContaining("2 boxes need as many targets");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BoxCoder.ofDeviations(1, 1))
        .withMessageContaining("got 4 and 2");
  }

  /** detectron2's order: a size's ratios together; with one size, mmdetection's anchors. */
  @Test
  void anchorsOfBothConventions() {
    float[] ratios = {0.5f, 1, 2};
    Anchors one = Anchors.ofSizesAndRatios(16, new float[] {128}, ratios);
    Anchors other = Anchors.ofRatiosAndScales(16, ratios, new float[] {8});
    assertThat(one.base()).containsExactly(other.base(), within(1e-4f));
    Anchors two = Anchors.ofSizesAndRatios(16, new float[] {128, 4}, new float[] {1, 4});
    assertThat(two.base())
        .containsExactly(-64, -64, 64, 64, -32, -128, 32, 128, -2, -2, 2, 2, -1, -4, 1, 4);
    assertThat(two.perPlace()).isEqualTo(4);
  }

  @Test
  void oneAnchorIsThatOfTheGrid() {
    Anchors anchors = Anchors.ofOctaves(8, new float[] {0.5f, 1, 2}, 4, 3);
    float[] grid = anchors.grid(5, 7);
    float[] box = new float[6];
    for (int i = 0; i < grid.length / 4; i++) {
      anchors.get(i, 7, box, 2);
      assertThat(box)
          .containsExactly(0, 0, grid[4 * i], grid[4 * i + 1], grid[4 * i + 2], grid[4 * i + 3]);
    }
    assertThat(anchors.grid(0, 7)).isEmpty();
  }

  @Test
  void anchorsWithoutSizeAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Anchors.ofRatiosAndScales(8, new float[] {0}, new float[] {1}))
        .withMessageContaining("ratio must be above 0, got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Anchors.ofSizesAndRatios(0, new float[] {1}, new float[] {1}))
        .withMessageContaining("stride");
  }

  @Test
  void levelsOfDetectron2() {
    float[] boxes = {0, 0, 224, 224, 0, 0, 223, 224, 0, 0, 448, 448, 0, 0, 9, 9, 5, 5, 1, 1};
    assertThat(RoiLevels.detectron2(4).of(boxes)).containsExactly(2, 1, 3, 0, 0);
  }

  @Test
  void levelsOfBoxesWithoutAreaAndOfHugeOnes() {
    float[] boxes = {3, 3, 3, 9, 9, 9, 3, 12, 0, 0, 1e30f, 1e30f};
    assertThat(RoiLevels.mmdetection(4).of(boxes)).containsExactly(0, 0, 3);
  }

  @Test
  void shortSideOfDetectron2() {
    assertThat(RescaleSize.shortSide(480, 640, 1024, 1024))
        .isEqualTo(new RescaleSize(768, 1024, 1.6, 1.6));
    assertThat(RescaleSize.shortSide(640, 480, 800, 1333).height()).isEqualTo(1067);
    assertThat(RescaleSize.shortSide(640, 480, 800, 1333).width()).isEqualTo(800);
  }

  @Test
  void aVeryLongImageKeepsAPixel() {
    assertThat(RescaleSize.within(1, 100_000, 1333, 800).height()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RescaleSize.within(0, 5, 1333, 800))
        .withMessageContaining("0x5");
  }

  @Test
  void paddingGoesUpToTheNextMultiple() {
    assertThat(RescaleSize.padded(32, 32)).isEqualTo(32);
    assertThat(RescaleSize.padded(33, 32)).isEqualTo(64);
  }

  /** Classes of a box each, and a box for all classes; the background is not read. */
  @Test
  void detectionsAreSelectedByClass() {
    MulticlassNms nms = new MulticlassNms(0.3f, 0.5f, 3);
    float[] scores = {0.9f, 0.2f, 0.99f, 0.8f, 0.7f, 0.99f, 0.6f, 0.3f, 0.99f};
    float[] shared = {0, 0, 2, 2, 0, 0, 2, 2.1f, 5, 5, 6, 6};
    Selection selection = nms.select(shared, scores, 3, 2);
    assertThat(selection.scores()).containsExactly(0.9f, 0.7f, 0.6f);
    assertThat(selection.labels()).containsExactly(0, 1, 0);
    assertThat(selection.indices()).containsExactly(0, 3, 4);
    assertThat(selection.boxes()).containsExactly(0, 0, 2, 2, 0, 0, 2, 2.1f, 5, 5, 6, 6);

    float[] each = new float[24];
    for (int i = 0; i < 6; i++) {
      each[4 * i] = 10 * i;
      each[4 * i + 2] = 10 * i + 1;
      each[4 * i + 3] = 1;
    }
    assertThat(nms.select(each, scores, 3, 2).boxes())
        .containsExactly(0, 0, 1, 1, 20, 0, 21, 1, 30, 0, 31, 1);
    assertThat(nms.select(new float[0], new float[0], 3, 2).size()).isZero();
  }

  /** mmdetection's max_per_img: -1 keeps all, 0 none. */
  @Test
  void asManyAreSelectedAsAreWanted() {
    float[] boxes = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5};
    float[] scores = {0.5f, 0.9f, 0.7f};
    assertThat(new MulticlassNms(0.3f, 0.5f, -1).select(boxes, scores, 1, 1).scores())
        .containsExactly(0.9f, 0.7f, 0.5f);
    assertThat(new MulticlassNms(0.3f, 0.5f, 2).select(boxes, scores, 1, 1).scores())
        .containsExactly(0.9f, 0.7f);
    assertThat(new MulticlassNms(0.3f, 0.5f, 0).select(boxes, scores, 1, 1).size()).isZero();
  }

  @Test
  void selectionsWithoutASenseAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MulticlassNms(0.3f, 0.5f, -2))
        .withMessageContaining("max_per_img at least 0, or -1 for all, got 0.3, 0.5 and -2");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MulticlassNms(0.3f, 1.5f, 2))
        .withMessageContaining("iou_threshold from 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MulticlassNms(Float.NaN, 0.5f, 2))
        .withMessageContaining("score_thr must be a number");
  }

  @Test
  void levelsWithoutASenseAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RoiLevels.mmdetection(0))
        .withMessageContaining("at least one level")
        .withMessageContaining("got 0,");
    assertThatIllegalArgumentException().isThrownBy(() -> new RoiLevels(0, 0, 1e-6f, 0, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> new RoiLevels(Float.NaN, 0, 0, 0, 4));
    assertThatIllegalArgumentException().isThrownBy(() -> new RoiLevels(56, 0, -1, 0, 4));
    assertThat(RoiLevels.mmdetection(1).of(new float[] {0, 0, 999, 999})).containsExactly(0);
  }

  @Test
  void selectionRefusesWhatDoesNotFit() {
    MulticlassNms nms = new MulticlassNms(0.3f, 0.5f, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> nms.select(new float[12], new float[6], 3, 2))
        .withMessageContaining("12 floats");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> nms.select(new float[8], new float[5], 3, 2))
        .withMessageContaining("5 scores");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> nms.select(new float[4], new float[] {0, Float.NaN, 0}, 3, 2))
        .withMessage("scores must be finite, but [1] is NaN");
  }
}
