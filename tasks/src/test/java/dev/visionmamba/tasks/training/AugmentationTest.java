package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.visionmamba.tasks.Shapes;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Preprocessing;
import dev.visionmamba.tasks.image.RandomResizedCrop;
import dev.visionmamba.tasks.image.Resampler;
import dev.visionmamba.tasks.training.BatchLoader.Batch;
import dev.visionmamba.tasks.training.TrainingOptions.OptimizerKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AugmentationTest {
  private static final Preprocessing INPUT = Preprocessing.imageNet(12);

  @TempDir private Path folder;

  private static TrainingOptions options(Augmentation augmentation, Mixing mixing) {
    return new TrainingOptions(
        2, 4, 1e-3f, 0, 0, 0, augmentation, mixing, OptimizerKind.ADAMW, 0, FineTuning.NONE, 0, 0);
  }

  /** Pixels, labels and targets of all batches of an epoch. */
  private static List<float[]> epoch(
      ImageDataset data, TrainingOptions options, long seed, int threads) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    int[] order = Shuffle.of(data.count(), random);
    List<float[]> all = new ArrayList<>();
    try (NDManager manager = NDManager.newBaseManager();
        BatchLoader loader = new BatchLoader(data, INPUT, options, order, random, threads)) {
      for (int done = 0; done < order.length; done += options.batchSize()) {
        Batch batch = loader.next(manager);
        int count = Math.min(options.batchSize(), order.length - done);
        assertThat(batch.images().getShape()).isEqualTo(new Shape(count, 3, 12, 12));
        for (int i = 0; i < count; i++) {
          assertThat(batch.labels().getLong(i)).isEqualTo(data.label(order[done + i]));
        }
        all.add(batch.images().toFloatArray());
        all.add(
            batch.targets().toType(ai.djl.ndarray.types.DataType.FLOAT32, false).toFloatArray());
      }
      assertThatThrownBy(() -> loader.next(manager)).hasMessageContaining("no more batches");
    }
    return all;
  }

  @Test
  void batchesAreTheSameWhateverTheNumberOfThreads() throws Exception {
    ImageFolder data = ImageFolder.open(Shapes.write(folder, 6, 1)); // 18: the last batch has 2
    for (Mixing mixing : List.of(Mixing.NONE, new Mixing(0.4f, 0), new Mixing(0.3f, 1))) {
      TrainingOptions options = options(new Augmentation(2, true, 0.3, 0.4f), mixing);
      List<float[]> alone = epoch(data, options, 5, 1);
      assertThat(alone).hasSize(10);
      for (int threads : List.of(2, 3, 8)) {
        List<float[]> shared = epoch(data, options, 5, threads);
        for (int i = 0; i < alone.size(); i++) {
          assertThat(shared.get(i)).containsExactly(alone.get(i));
        }
      }
      assertThat(epoch(data, options, 6, 1).get(0)).isNotEqualTo(alone.get(0));
    }
  }

  @Test
  void withoutAugmentationPicturesAreThoseOfTesting() throws Exception {
    ImageFolder data = ImageFolder.open(Shapes.write(folder, 1, 1));
    float[] got = epoch(data, options(Augmentation.NONE, Mixing.NONE), 5, 2).get(0);
    SplittableRandom random = new SplittableRandom(5);
    java.nio.FloatBuffer wanted = java.nio.FloatBuffer.allocate(3 * INPUT.length());
    for (int i : Shuffle.of(3, random)) {
      INPUT.write(data.picture(i), wanted);
    }
    assertThat(got).containsExactly(wanted.array());
  }

  @Test
  void aPictureThatVanishesIsNamed() throws Exception {
    ImageFolder data = ImageFolder.open(Shapes.write(folder, 2, 1));
    Files.delete(data.file(3));
    assertThatThrownBy(() -> epoch(data, options(Augmentation.NONE, Mixing.NONE), 5, 2))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining(data.file(3).toString());
  }

  @Test
  void cropsAreBoxesResizedAndMirrored() {
    Augmentation augmentation = new Augmentation(0, true, 0.2, 0);
    PixelImage picture = Shapes.picture(0, new Random(3));
    Set<Boolean> mirrored = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      Augmentation.Draw draw = augmentation.draw(new SplittableRandom(seed));
      RandomResizedCrop.Box box =
          RandomResizedCrop.of(0.2)
              .box(picture.width(), picture.height(), new SplittableRandom(draw.seed()));
      PixelImage wanted =
          Resampler.resize(
              picture.crop(box.left(), box.top(), box.width(), box.height()),
              12,
              12,
              Interpolation.BICUBIC);
      mirrored.add(draw.mirrored());
      assertThat(augmentation.levels(picture, draw, INPUT))
          .containsExactly((draw.mirrored() ? wanted.mirrored() : wanted).rgb());
    }
    assertThat(mirrored).hasSize(2);
  }

  @Test
  void jitterChangesColoursAlone() {
    Augmentation augmentation = new Augmentation(0, false, 1, 0.4f);
    byte[] flat = new byte[3 * 12 * 12];
    java.util.Arrays.fill(flat, (byte) 100);
    PixelImage grey = new PixelImage(12, 12, flat);
    Preprocessing same =
        new Preprocessing(
            12, Interpolation.BICUBIC, 12, 12, 3, new float[3], new float[] {1, 1, 1});
    Set<Integer> levels = new HashSet<>();
    for (int seed = 0; seed < 200; seed++) {
      byte[] got = augmentation.levels(grey, augmentation.draw(new SplittableRandom(seed)), same);
      assertThat(got).containsOnly(got[0]); // a flat grey picture stays flat and grey
      levels.add(got[0] & 0xff);
    }
    assertThat(levels).allMatch(level -> level >= 59 && level <= 141).hasSizeGreaterThan(50);
  }

  @Test
  void mixupBlendsAPictureWithItsPartner() {
    float[] pictures = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; // three of (1, 2, 2)
    Mixing.Draw draw = new Mixing.Draw(0.75f, true, 0, 0, 0, 0);
    Mixing.apply(draw, pictures, 3, 1, 2, 2);
    assertThat(pictures).containsExactly(3, 4, 5, 6, 5, 6, 7, 8, 7, 8, 9, 10);
    assertThat(Mixing.targets(draw, new long[] {0, 1, 1}, 2))
        .containsExactly(0.75f, 0.25f, 0, 1, 0.25f, 0.75f);
  }

  @Test
  void cutmixExchangesABox() {
    float[] pictures = {1, 2, 3, 4, 5, 6, 7, 8}; // two of (1, 2, 2)
    Mixing.apply(new Mixing.Draw(0.75f, false, 1, 2, 0, 1), pictures, 2, 1, 2, 2);
    assertThat(pictures).containsExactly(1, 2, 7, 4, 5, 6, 3, 8);
  }

  @Test
  void sharesFollowTheirDistribution() {
    SplittableRandom random = new SplittableRandom(1);
    // Beta(a, a) has the mean 1/2 and the variance 1 / (4 (2a + 1)).
    for (float alpha : new float[] {0.2f, 0.5f, 1f}) {
      double sum = 0;
      double squares = 0;
      int count = 20_000;
      for (int i = 0; i < count; i++) {
        double share = new Mixing(alpha, 0).draw(8, 8, random).own();
        assertThat(share).isBetween(0.0, 1.0);
        sum += share;
        squares += share * share;
      }
      double mean = sum / count;
      assertThat(mean).isCloseTo(0.5, within(0.015));
      assertThat(squares / count - mean * mean).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.005));
    }
    boolean blended = false;
    boolean exchanged = false;
    for (int i = 0; i < 200; i++) {
      Mixing.Draw draw = new Mixing(0.5f, 0.5f).draw(9, 7, random);
      blended |= draw.blend();
      exchanged |= !draw.blend();
      if (!draw.blend()) {
        double area = (double) (draw.bottom() - draw.top()) * (draw.right() - draw.left());
        assertThat((double) draw.own()).isCloseTo(1 - area / 63, within(1e-6));
      }
    }
    assertThat(blended && exchanged).isTrue();
  }

  @Test
  void theLossOfMixedTargetsIsTheMixedLoss() {
    try (NDManager manager = NDManager.newBaseManager()) {
      NDArray scores = manager.create(new float[][] {{1f, 2f, -1f}, {0.5f, 0.1f, 0.2f}});
      SmoothedCrossEntropy loss = new SmoothedCrossEntropy(0.1f);
      NDArray mixed = manager.create(new float[][] {{0.25f, 0.75f, 0}, {0, 0.75f, 0.25f}});
      float own =
          loss.evaluate(new NDList(manager.create(new long[] {1, 1})), new NDList(scores))
              .getFloat();
      float other =
          loss.evaluate(new NDList(manager.create(new long[] {0, 2})), new NDList(scores))
              .getFloat();
      assertThat(loss.evaluate(new NDList(mixed), new NDList(scores)).getFloat())
          .isCloseTo(0.75f * own + 0.25f * other, within(1e-6f));
    }
  }

  @Test
  void whatIsOutOfRangeIsNamed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Augmentation(-1, true, 1, 0))
        .withMessageContaining("shift");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Augmentation(0, true, 0, 0))
        .withMessageContaining("crop");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Augmentation(0, true, 1, 1.5f))
        .withMessageContaining("jitter");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Mixing(2, 0))
        .withMessageContaining("mixup");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FineTuning(0, false, 0))
        .withMessageContaining("decay by layer");
  }
}
