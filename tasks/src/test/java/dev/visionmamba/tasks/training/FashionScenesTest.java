package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.metrics.AveragePrecision;
import dev.visionmamba.tasks.training.FashionScenes.Scene;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class FashionScenesTest {
  /** Checksums of the first scenes of the seed 7. */
  private static final long[] PINNED = {1930696338L, 4153449792L, 2624596675L};

  @TempDir Path folder;

  /**
   * Ten shapes of one brightness on black, a class each: discs, bars, rings for sandals and bags.
   */
  private static LabelledImages shapes(int level) {
    byte[] pixels = new byte[10 * 28 * 28];
    byte[] labels = new byte[10];
    for (int label = 0; label < 10; label++) {
      labels[label] = (byte) label;
      for (int y = 0; y < 28; y++) {
        for (int x = 0; x < 28; x++) {
          double distance = Math.hypot(x - 13.5, y - 13.5);
          boolean inside =
              switch (label) {
                case 0, 3, 6 -> distance < 7 + label;
                case 5, 8 -> distance < 13 && distance > 6;
                default -> Math.abs(x - 14) < 3 + label && Math.abs(y - 14) < 12;
              };
          pixels[(label * 28 + y) * 28 + x] = (byte) (inside ? level : 0);
        }
      }
    }
    return LabelledImages.of(28, 28, pixels, labels, FashionMnist.CLASS_NAMES);
  }

  private static long sum(Scene scene) {
    CRC32 sum = new CRC32();
    sum.update(scene.picture().rgb());
    sum.update(scene.labels().labels());
    for (Instance garment : scene.garments()) {
      sum.update((garment.label() + " " + garment.mask().compressed()).getBytes());
    }
    return sum.getValue();
  }

  @Test
  void aSceneDependsOnSeedAndIndexAlone() {
    FashionScenes scenes = FashionScenes.of(shapes(200), 40, 7);
    long[] inOrder = IntStream.range(0, 40).mapToLong(i -> sum(scenes.scene(i))).toArray();
    FashionScenes more = FashionScenes.of(shapes(200), 100, 7);
    long[] others =
        IntStream.range(0, 40).parallel().mapToLong(i -> sum(more.scene(39 - i))).toArray();
    for (int i = 0; i < 40; i++) {
      assertThat(others[39 - i]).isEqualTo(inOrder[i]);
    }
    assertThat(Arrays.stream(inOrder).distinct().count()).isEqualTo(40);
    FashionScenes otherSeed = FashionScenes.of(shapes(200), 40, 8);
    assertThat(IntStream.range(0, 40).mapToLong(i -> sum(otherSeed.scene(i))).toArray())
        .doesNotContain(inOrder);
    assertThat(scenes.identity())
        .isEqualTo(FashionScenes.of(shapes(200), 40, 7).identity())
        .isNotEqualTo(otherSeed.identity())
        .isNotEqualTo(FashionScenes.of(shapes(199), 40, 7).identity());
  }

  @Test
  void scenesAreTheSameOnEveryMachine() {
    FashionScenes scenes = FashionScenes.of(shapes(200), 3, 7);
    assertThat(IntStream.range(0, 3).mapToLong(i -> sum(scenes.scene(i))).toArray())
        .containsExactly(PINNED);
  }

  @Test
  void masksAreExactlyThePixelsThatShowTheGarments() {
    // The same garments in another light: only their visible pixels differ.
    FashionScenes bright = FashionScenes.of(shapes(250), 60, 3);
    FashionScenes dark = FashionScenes.of(shapes(60), 60, 3);
    for (int index = 0; index < 60; index++) {
      Scene scene = bright.scene(index);
      Scene other = dark.scene(index);
      assertThat(other.garments()).isEqualTo(scene.garments());
      boolean[] differs = new boolean[FashionScenes.SIZE * FashionScenes.SIZE];
      for (int i = 0; i < 3 * differs.length; i++) {
        differs[i / 3] |= scene.picture().rgb()[i] != other.picture().rgb()[i];
      }
      List<RunLengthMask> masks = scene.garments().stream().map(Instance::mask).toList();
      assertThat(RunLengthMask.union(masks))
          .isEqualTo(RunLengthMask.of(FashionScenes.SIZE, FashionScenes.SIZE, differs));
      assertThat(masks.stream().mapToInt(RunLengthMask::area).sum())
          .as("masks do not share pixels")
          .isEqualTo(RunLengthMask.union(masks).area());
    }
  }

  @Test
  void boxesAreasAndLabelsAreThoseOfTheMasks() {
    FashionScenes scenes = FashionScenes.of(shapes(200), 60, 4);
    Set<Integer> counts = new TreeSet<>();
    Set<Integer> labels = new TreeSet<>();
    for (int index = 0; index < 60; index++) {
      Scene scene = scenes.scene(index);
      counts.add(scene.garments().size());
      byte[] expected = new byte[FashionScenes.SIZE * FashionScenes.SIZE];
      for (Instance garment : scene.garments()) {
        labels.add(garment.label());
        assertThat(garment.box()).isEqualTo(garment.mask().box());
        assertThat(garment.area()).isEqualTo(garment.mask().area()).isGreaterThan(20);
        assertThat(garment.crowd()).isFalse();
        boolean[] pixels = garment.mask().pixels();
        for (int i = 0; i < pixels.length; i++) {
          expected[i] = pixels[i] ? (byte) (garment.label() + 1) : expected[i];
        }
      }
      assertThat(Arrays.equals(scene.labels().labels(), expected)).isTrue();
    }
    assertThat(counts).containsExactly(1, 2, 3, 4, 5);
    assertThat(labels).hasSize(10);
  }

  @Test
  void bothViewsShowTheSameScenes() throws Exception {
    FashionScenes scenes = FashionScenes.of(shapes(200), 5, 4);
    DetectionExample detection = scenes.detection().example(3);
    SegmentationExample segmentation = scenes.segmentation().example(3);
    assertThat(detection.id()).isEqualTo(3);
    assertThat(detection.picture()).isEqualTo(segmentation.picture());
    assertThat(detection.instances()).isEqualTo(scenes.scene(3).garments());
    assertThat(segmentation.labels()).isEqualTo(scenes.scene(3).labels());
    assertThat(scenes.detection().classNames()).isEqualTo(FashionMnist.CLASS_NAMES);
    assertThat(scenes.segmentation().classNames()).hasSize(11).startsWith("background");
    assertThat(scenes.detection().count()).isEqualTo(scenes.segmentation().count()).isEqualTo(5);
    assertThat(scenes.detection().identity()).isEqualTo(scenes.segmentation().identity());
  }

  @Test
  void theCocoFileHoldsWhatTheScenesHold() throws Exception {
    FashionScenes scenes = FashionScenes.of(shapes(200), 12, 4);
    Path file = folder.resolve("instances.json");
    scenes.coco().write(file);
    CocoDataset read = CocoDataset.read(file);
    List<CocoResult> found = new ArrayList<>();
    for (int index = 0; index < 12; index++) {
      assertThat(read.instances(index)).isEqualTo(scenes.scene(index).garments());
      for (Instance garment : scenes.scene(index).garments()) {
        found.add(new CocoResult(index, garment.label() + 1, 0.5, garment.box(), garment.mask()));
      }
    }
    for (AveragePrecision.Overlap overlap : AveragePrecision.Overlap.values()) {
      assertThat(AveragePrecision.of(overlap, read, CocoResults.of(found)).ap())
          .isEqualTo(1, within(1e-12));
    }
  }

  @Test
  void blackPicturesGiveEmptyScenes() {
    LabelledImages black =
        LabelledImages.of(28, 28, new byte[28 * 28], new byte[1], FashionMnist.CLASS_NAMES);
    Scene scene = FashionScenes.of(black, 1, 0).scene(0);
    assertThat(scene.garments()).isEmpty();
    assertThat(scene.labels().counts()[0]).isEqualTo(FashionScenes.SIZE * FashionScenes.SIZE);
  }

  @Test
  void whatCannotBeMadeIsRefused() {
    assertThatThrownBy(() -> FashionScenes.of(shapes(200), -1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
    assertThatThrownBy(() -> FashionScenes.of(shapes(200).first(0), 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one");
    FashionScenes none = FashionScenes.of(shapes(200), 0, 0);
    assertThat(none.count()).isZero();
    assertThatThrownBy(() -> none.scene(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> FashionScenes.test(folder.resolve("none")))
        .isInstanceOf(DataSetException.class)
        .hasMessageContaining("no folder");
  }

  @Test
  @EnabledIfSystemProperty(named = "fashion-mnist.dir", matches = ".+")
  void thePublishedGarmentsFillTheTest() throws Exception {
    Path directory = Path.of(System.getProperty("fashion-mnist.dir"));
    FashionScenes scenes = FashionScenes.test(directory);
    assertThat(scenes.count()).isEqualTo(1000);
    int[] perClass = new int[10];
    int[] perSize = new int[3];
    int garments = 0;
    for (int index = 0; index < scenes.count(); index++) {
      Scene scene = scenes.scene(index);
      assertThat(scene.garments()).as("scene %d", index).isNotEmpty();
      for (Instance garment : scene.garments()) {
        perClass[garment.label()]++;
        perSize[garment.area() <= 1024 ? 0 : garment.area() <= 9216 ? 1 : 2]++;
        garments++;
      }
    }
    assertThat(garments).isBetween(2500, 3200);
    assertThat(Arrays.stream(perClass).min().getAsInt()).isGreaterThan(200);
    assertThat(perSize[0]).as("small ones").isGreaterThan(600);
    assertThat(perSize[1]).as("medium ones").isGreaterThan(600);
    assertThat(FashionScenes.train(directory, 5, 1).scene(0)).isNotEqualTo(scenes.scene(0));
  }
}
