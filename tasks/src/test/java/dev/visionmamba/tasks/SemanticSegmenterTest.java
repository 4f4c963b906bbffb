package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.output.CategoryMask;
import dev.visionmamba.tasks.annotations.CocoResult;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.drawing.ClassNames;
import dev.visionmamba.tasks.image.PixelImage;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SemanticSegmenterTest {
  private static final PixelImage PICTURE = DenseModels.picture(70, 50, 1);
  private static SemanticSegmenter segmenter;

  @BeforeAll
  static void load() {
    segmenter = SemanticSegmenter.of(DenseModels.segmenter());
  }

  @AfterAll
  static void close() {
    segmenter.close();
  }

  /** The part of pixels with the same class. */
  private static double agreement(SegmentedPicture a, SegmentedPicture b) {
    byte[] one = a.labels().labels();
    byte[] other = b.labels().labels();
    assertThat(one).hasSameSizeAs(other);
    int same = 0;
    for (int i = 0; i < one.length; i++) {
      same += one[i] == other[i] ? 1 : 0;
    }
    return (double) same / one.length;
  }

  @ParameterizedTest
  @CsvSource({"70, 50", "1, 1", "3, 200", "300, 9"})
  void classesAreTheMostProbable(int width, int height) {
    PixelImage picture = DenseModels.picture(width, height, 2);
    LabelMap labels = segmenter.segment(picture).labels();
    ClassProbabilities probabilities = segmenter.probabilities(picture);
    assertThat(probabilities.classes()).isEqualTo(DenseModels.CLASSES);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        float best = probabilities.probability(labels.label(x, y), x, y);
        float sum = 0;
        for (int label = 0; label < 3; label++) {
          float probability = probabilities.probability(label, x, y);
          assertThat(probability).isBetween(0f, best);
          sum += probability;
        }
        assertThat(sum).isCloseTo(1, within(1e-5f));
      }
    }
  }

  @Test
  void everyWayInGivesTheSame(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("picture.png");
    ImageIO.write(PICTURE.toBufferedImage(), "png", file.toFile());
    SegmentedPicture wanted = segmenter.segment(PICTURE);
    assertThat(wanted.shares()).hasSizeGreaterThan(1);
    assertThat(segmenter.segment(file)).isEqualTo(wanted);
    assertThat(segmenter.segment(new ByteArrayInputStream(Files.readAllBytes(file))))
        .isEqualTo(wanted);
    Image image = new BufferedImageFactory().fromFile(file);
    assertThat(segmenter.segment(image)).isEqualTo(wanted);
    assertThat(segmenter.segment(List.of(image))).containsExactly(wanted);
    List<PixelImage> several = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      several.add(DenseModels.picture(40 + 30 * (i % 3), 50, i));
    }
    List<SegmentedPicture> together = segmenter.segmentPixels(several);
    assertThat(together).hasSize(7);
    for (int i = 0; i < 7; i++) {
      assertThat(agreement(together.get(i), segmenter.segment(several.get(i))))
          .isGreaterThan(0.999);
    }
    assertThat(segmenter.segmentPixels(List.of())).isEmpty();
  }

  @Test
  void aWindowSeesALargePictureAtItsOwnSize() {
    // Two pictures side by side; a window that is as large as one and steps by as much sees each
    // as the network does by itself.
    PixelImage left = DenseModels.picture(32, 32, 3);
    PixelImage right = DenseModels.picture(32, 32, 4);
    byte[] rgb = new byte[3 * 64 * 32];
    for (int y = 0; y < 32; y++) {
      System.arraycopy(left.rgb(), 3 * 32 * y, rgb, 3 * 64 * y, 3 * 32);
      System.arraycopy(right.rgb(), 3 * 32 * y, rgb, 3 * (64 * y + 32), 3 * 32);
    }
    PixelImage both = new PixelImage(64, 32, rgb);
    SegmenterOptions sliding =
        SegmenterOptions.DEFAULT.withWindow(new SlidingWindow(32, 32, false));
    try (SemanticSegmenter slider = SemanticSegmenter.of(DenseModels.segmenter(), sliding)) {
      LabelMap seen = slider.segment(both).labels();
      LabelMap ofLeft = segmenter.segment(left).labels();
      LabelMap ofRight = segmenter.segment(right).labels();
      int same = 0;
      for (int y = 0; y < 32; y++) {
        for (int x = 0; x < 32; x++) {
          same += seen.label(x, y) == ofLeft.label(x, y) ? 1 : 0;
          same += seen.label(32 + x, y) == ofRight.label(x, y) ? 1 : 0;
        }
      }
      assertThat(same).isGreaterThan(2 * 32 * 32 - 5);
      assertThat(slider.segment(left)).isEqualTo(segmenter.segment(left));
    }
  }

  /** Overlapping windows over the picture's own pixels, whose scores are not kept. */
  @ParameterizedTest
  @CsvSource({"100, 75", "33, 70", "70, 33", "20, 9"})
  void aWindowsClassesAreTheMostProbable(int width, int height) {
    PixelImage picture = DenseModels.picture(width, height, 5);
    SegmenterOptions sliding = SegmenterOptions.DEFAULT.withWindow(SlidingWindow.over(32));
    try (SemanticSegmenter slider = SemanticSegmenter.of(DenseModels.segmenter(), sliding)) {
      SegmentedPicture answer = slider.segment(picture);
      ClassProbabilities probabilities = slider.probabilities(picture);
      assertThat(answer.labels().width()).isEqualTo(width);
      assertThat(answer.labels().height()).isEqualTo(height);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          float best = probabilities.probability(answer.labels().label(x, y), x, y);
          for (int label = 0; label < 3; label++) {
            assertThat(probabilities.probability(label, x, y)).isLessThanOrEqualTo(best);
          }
        }
      }
    }
  }

  @Test
  void aFittedWindowSlidesOverTheNetworksInput() {
    PixelImage large = DenseModels.picture(300, 100, 5); // becomes 96 x 32
    SegmenterOptions sliding = SegmenterOptions.DEFAULT.withWindow(new SlidingWindow(32, 20, true));
    SegmenterOptions all = SegmenterOptions.DEFAULT.withWindow(new SlidingWindow(96, 60, true));
    try (SemanticSegmenter slider = SemanticSegmenter.of(DenseModels.segmenter(), sliding);
        SemanticSegmenter whole = SemanticSegmenter.of(DenseModels.segmenter(), all)) {
      SegmentedPicture wanted = segmenter.segment(large);
      assertThat(whole.segment(large)).isEqualTo(wanted);
      assertThat(slider.segment(large)).isNotEqualTo(wanted);
      assertThat(slider.segment(large).labels().width()).isEqualTo(300);
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SlidingWindow(10, 11, false))
        .withMessageContainingAll("10", "11");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SlidingWindow.over(0))
        .withMessageContaining("got 1");
    assertThat(SlidingWindow.over(512).stride()).isEqualTo(341);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SegmenterOptions.DEFAULT.withBatchSize(0))
        .withMessageContaining("got 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ClassProbabilities(2, 2, List.of("a"), new float[3]))
        .withMessageContaining("got 3");
  }

  @Test
  void djlAndCocoGetTheSegments() {
    SegmentedPicture answer =
        new SegmentedPicture(
            new LabelMap(3, 2, new byte[] {1, 1, 2, 1, 1, (byte) 255}), DenseModels.CLASSES);
    assertThat(answer.shares())
        .containsExactly(
            new SegmentedPicture.Share(1, "boot", 4, 4 / 6.0),
            new SegmentedPicture.Share(2, "bag", 1, 1 / 6.0));
    CategoryMask mask = answer.toDjl();
    assertThat(mask.getClasses()).isEqualTo(DenseModels.CLASSES);
    assertThat(mask.getMask()).isDeepEqualTo(new int[][] {{1, 1, 2}, {1, 1, 255}});
    List<CocoResult> results = answer.toCoco(9, ClassNames.categories(answer.classes()));
    assertThat(results).hasSize(2);
    assertThat(results.get(0).categoryId()).isEqualTo(2);
    assertThat(results.get(0).imageId()).isEqualTo(9);
    assertThat(results.get(0).mask())
        .isEqualTo(RunLengthMask.of(3, 2, new boolean[] {true, true, false, true, true, false}));
    assertThat(answer.mask(0).area()).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> answer.toCoco(9, List.of()));
  }

  @Test
  void eightThreadsGiveWhatOneGives() throws Exception {
    SegmentedPicture wanted = segmenter.segment(PICTURE);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<SegmentedPicture>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        answers.add(threads.submit(() -> segmenter.segment(PICTURE)));
      }
      for (Future<SegmentedPicture> answer : answers) {
        assertThat(answer.get()).isEqualTo(wanted);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void segmentationsHoldMemorySteady() {
    SteadyMemory.require(
        () -> {
          segmenter.segment(PICTURE);
          segmenter.probabilities(PICTURE);
        });
  }

  @Test
  void aClosedSegmenterSaysSo() {
    SemanticSegmenter other = SemanticSegmenter.of(DenseModels.segmenter());
    other.close();
    other.close();
    assertThatThrownBy(() -> other.segment(PICTURE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("segmenter tiny_semantic_fpn is closed");
    assertThatThrownBy(() -> other.probabilities(PICTURE))
        .isInstanceOf(IllegalStateException.class);
  }
}
