package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.heads.detection.GroundTruth;
import dev.visionmamba.heads.detection.ImageFrame;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.training.DetectionBatches.Batch;
import dev.visionmamba.zoo.FitInput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pictures, boxes and masks as a detector learns them. */
class DetectionBatchesTest {
  /** To 16 pixels at least, 32 at most, filled up to eights. */
  private static final FitInput INPUT =
      new FitInput(16, 32, 8, List.of(0.5f, 0.25f, 0f), List.of(0.5f, 0.25f, 1f));

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Pictures that are given. */
  private record Given(List<DetectionExample> examples) implements DetectionDataset {
    @Override
    public int count() {
      return examples.size();
    }

    @Override
    public List<String> classNames() {
      return Things.CLASSES;
    }

    @Override
    public DetectionExample example(int index) throws DataSetException {
      if (examples.get(index) == null) {
        throw new DataSetException("picture " + index + " is gone", null);
      }
      return examples.get(index);
    }

    @Override
    public String identity() {
      return "given";
    }
  }

  private static TrainingOptions options(int batchSize, boolean flip) {
    TrainingOptions dense = TrainingOptions.DENSE;
    return new TrainingOptions(
        dense.epochs(),
        batchSize,
        dense.learningRate(),
        dense.weightDecay(),
        dense.warmupEpochs(),
        0,
        new Augmentation(0, flip, 1, 0),
        Mixing.NONE,
        dense.optimizer(),
        0,
        FineTuning.NONE,
        0,
        1);
  }

  private Batch batch(DetectionDataset data, boolean flip, int threads) throws IOException {
    int[] order = IntStream.range(0, data.count()).toArray();
    try (DetectionBatches batches =
        new DetectionBatches(
            data, INPUT, options(data.count(), flip), order, new SplittableRandom(4), threads)) {
      return batches.next(manager);
    }
  }

  /** A picture of one colour. */
  private static DetectionExample plain(int id, int width, int height, Instance... things) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i % 3 == 0 ? 255 : i % 3 == 1 ? 51 : 102);
    }
    return new DetectionExample(id, new PixelImage(width, height, rgb), List.of(things));
  }

  /** The right half of a picture. */
  private static Instance rightHalf(int label, int width, int height) {
    boolean[] mask = new boolean[width * height];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % width >= width / 2;
    }
    return Instance.of(label, RunLengthMask.of(width, height, mask));
  }

  private static Instance boxed(int label, double left, double top, double width, double height) {
    return new Instance(label, new Box(left, top, width, height), null, width * height, false);
  }

  @Test
  void picturesAreResizedAndFilledUpToTheLargest() throws Exception {
    // 40x20 becomes 32x16; 10x20 becomes 16x32: together 32x32.
    Given data = new Given(List.of(plain(1, 40, 20), plain(2, 10, 20)));
    Batch batch = batch(data, false, 1);
    assertThat(batch.size()).isEqualTo(2);
    assertThat(batch.images().getShape()).isEqualTo(new Shape(2, 3, 32, 32));
    assertThat(batch.frames())
        .containsExactly(new ImageFrame(16, 32, 20, 40), new ImageFrame(32, 16, 20, 10));
    float[] colour = {1, -0.2f, 0.4f};
    float[] pixels = batch.images().toFloatArray();
    for (int i = 0; i < pixels.length; i++) {
      int x = i % 32;
      int y = i / 32 % 32;
      boolean inside = i / 32 / 32 < 3 ? y < 16 : x < 16;
      float wanted = inside ? colour[i / 32 / 32 % 3] : 0;
      assertThat(pixels[i]).isCloseTo(wanted, within(1e-6f));
    }
    // One by itself is filled up to a multiple of eight alone.
    Batch alone = batch(new Given(List.of(plain(1, 40, 18))), false, 1);
    assertThat(alone.frames()).containsExactly(new ImageFrame(14, 32, 18, 40));
    assertThat(alone.images().getShape()).isEqualTo(new Shape(1, 3, 16, 32));
  }

  @Test
  void boxesAndMasksAreResized() throws Exception {
    Instance crowd = new Instance(0, new Box(30, 10, 10, 10), null, 100, true);
    Given data =
        new Given(
            List.of(plain(1, 40, 20, rightHalf(1, 40, 20), crowd, boxed(0, 2.5, 5, 10, 7.5))));
    GroundTruth truth = batch(data, false, 1).truths().get(0);
    assertThat(truth.boxes()).containsExactly(16, 0, 32, 16, 2, 4, 10, 10);
    assertThat(truth.labels()).containsExactly(1, 0);
    assertThat(truth.ignored()).containsExactly(24, 8, 32, 16);
    assertThat(truth.masks()[0]).hasSize(32 * 16);
    for (int i = 0; i < truth.masks()[0].length; i++) {
      assertThat(truth.masks()[0][i]).isEqualTo(i % 32 >= 16);
    }
    assertThat(truth.masks()[1]).isNull();
    GroundTruth nothing = batch(new Given(List.of(plain(1, 40, 20))), false, 1).truths().get(0);
    assertThat(nothing.size()).isZero();
    assertThat(nothing.boxes()).isEmpty();
  }

  @Test
  void aMirroredPictureHasMirroredBoxesAndMasks() throws Exception {
    Instance crowd = new Instance(0, new Box(30, 10, 10, 10), null, 100, true);
    DetectionExample example =
        plain(1, 40, 20, rightHalf(1, 40, 20), crowd, boxed(0, 2.5, 5, 10, 7.5));
    ImageFrame frame = new ImageFrame(16, 32, 20, 40);
    GroundTruth truth = DetectionBatches.truth(example.instances(), frame, true);
    assertThat(truth.boxes()).containsExactly(0, 0, 16, 16, 22, 4, 30, 10);
    assertThat(truth.ignored()).containsExactly(0, 8, 8, 16);
    for (int i = 0; i < truth.masks()[0].length; i++) {
      assertThat(truth.masks()[0][i]).isEqualTo(i % 32 < 16);
    }
  }

  /** Whatever is mirrored, an object is where its box and its mask say. */
  @Test
  void halfOfThePicturesAreMirroredWholly() throws Exception {
    Things data = new Things(40, 32, 16, 5);
    Batch plain = batch(data, false, 1);
    Batch flipped = batch(data, true, 1);
    int mirrored = 0;
    for (int i = 0; i < data.count(); i++) {
      GroundTruth truth = flipped.truths().get(i);
      float[] pixels = flipped.images().get(i).toFloatArray(); // (3, 16, 32)
      boolean[] object = new boolean[16 * 32];
      for (int k = 0; k < truth.size(); k++) {
        for (int at = 0; at < object.length; at++) {
          boolean in = truth.masks()[k][at];
          object[at] |= in;
          boolean inBox =
              at % 32 >= truth.boxes()[4 * k]
                  && at % 32 < truth.boxes()[4 * k + 2]
                  && at / 32 >= truth.boxes()[4 * k + 1]
                  && at / 32 < truth.boxes()[4 * k + 3];
          assertThat(in).isEqualTo(inBox); // rectangles
          if (in) { // red: 220 of 255 by a mean and a deviation of a half
            assertThat(pixels[at] > 0.5f).isEqualTo(truth.labels()[k] == 0);
          }
        }
      }
      for (int at = 0; at < object.length; at++) {
        boolean grey = Math.abs(pixels[at]) < 0.3f;
        assertThat(grey).isEqualTo(!object[at]);
      }
      boolean same = Arrays.equals(truth.boxes(), plain.truths().get(i).boxes());
      mirrored += same ? 0 : 1;
    }
    assertThat(mirrored).isBetween(10, 30);
  }

  @Test
  void threadsChangeNothing() throws Exception {
    Things data = new Things(7, 40, 30, 6);
    Batch alone = batch(data, true, 1);
    for (int threads : new int[] {2, 3, 9}) {
      Batch shared = batch(data, true, threads);
      assertThat(shared.images().toFloatArray()).isEqualTo(alone.images().toFloatArray());
      assertThat(shared.frames()).isEqualTo(alone.frames());
      assertThat(shared.seeds()).isEqualTo(alone.seeds()).doesNotHaveDuplicates();
      for (int i = 0; i < alone.size(); i++) {
        assertThat(shared.truths().get(i).boxes()).isEqualTo(alone.truths().get(i).boxes());
        assertThat(shared.truths().get(i).masks()).isDeepEqualTo(alone.truths().get(i).masks());
      }
    }
  }

  @Test
  void batchesFollowTheOrderAndTheLastIsShort() throws Exception {
    Things data = new Things(5, 32, 32, 7);
    int[] order = {3, 1, 4, 0, 2};
    List<Float> lefts = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    try (DetectionBatches batches =
        new DetectionBatches(data, INPUT, options(2, false), order, new SplittableRandom(4), 2)) {
      while (lefts.size() < 5) {
        Batch batch = batches.next(manager);
        sizes.add(batch.size());
        batch.truths().forEach(truth -> lefts.add(truth.boxes()[0]));
      }
    }
    assertThat(sizes).containsExactly(2, 2, 1);
    for (int i = 0; i < order.length; i++) {
      double left = data.example(order[i]).instances().get(0).box().left();
      assertThat(lefts.get(i)).isEqualTo((float) left / 2); // 32 to 16 pixels
    }
  }

  @Test
  void aPartHasItsOwnPictures() throws Exception {
    Batch batch = batch(new Things(5, 32, 32, 7), true, 1);
    try (NDManager own = manager.newSubManager()) {
      Batch part = batch.part(1, 3, own);
      assertThat(part.size()).isEqualTo(2);
      assertThat(part.images().toFloatArray()).isEqualTo(batch.images().get("1:3").toFloatArray());
      assertThat(part.truths()).isEqualTo(batch.truths().subList(1, 3));
      assertThat(part.frames()).isEqualTo(batch.frames().subList(1, 3));
      assertThat(part.seeds()).isEqualTo(batch.seeds().subList(1, 3));
      assertThat(part.images().getManager()).isSameAs(own);
    }
  }

  @Test
  void whatDoesNotFitIsSaidWithItsPicture() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plain(7, 40, 20, rightHalf(1, 20, 20)))
        .withMessage("picture 7 has 40x20 pixels, but the mask of its thing 0 has 20x20");
    for (int threads : new int[] {1, 2}) {
      DetectionExample good = plain(1, 40, 20);
      Given unknown = new Given(List.of(good, plain(12, 40, 20, boxed(2, 0, 0, 5, 5))));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batch(unknown, false, threads))
          .withMessage("picture 12 has a thing of class 2, but the data set has 2 classes");
      Given empty = new Given(List.of(good, plain(13, 40, 20, boxed(1, 5, 5, 0, 5))));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> batch(empty, false, threads))
          .withMessageContaining("picture 13: object 0 must have a finite box with an area");
      Given gone = new Given(Arrays.asList(good, null));
      assertThatThrownBy(() -> batch(gone, false, threads))
          .isInstanceOf(DataSetException.class)
          .hasMessage("picture 1 is gone");
    }
  }
}
