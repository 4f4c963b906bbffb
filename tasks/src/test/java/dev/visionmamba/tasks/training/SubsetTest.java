package dev.visionmamba.tasks.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.visionmamba.tasks.Clothes;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Parts of data sets. */
class SubsetTest {
  private static final Stripes ALL = new Stripes(10, 20, 20, 1);

  @Test
  void firstPictures() throws DataSetException {
    SegmentationDataset three = ALL.first(3);
    assertThat(three.count()).isEqualTo(3);
    assertThat(three.classNames()).isEqualTo(ALL.classNames());
    assertThat(three.example(2).labels()).isEqualTo(ALL.example(2).labels());
    assertThat(three.identity()).isNotEqualTo(ALL.identity()).isEqualTo(ALL.first(3).identity());
    assertThat(ALL.first(10)).isSameAs(ALL);
    assertThat(ALL.first(0).count()).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ALL.first(-1))
        .withMessageContaining("-1");
  }

  @Test
  void dividedPartsAreDisjointAndAll() {
    Subset[] parts = Subset.divided(10, 0.25, 4, "ten");
    assertThat(parts[0].indices()).hasSize(7).isSorted();
    assertThat(parts[1].indices()).hasSize(3).isSorted();
    assertThat(
            IntStream.concat(IntStream.of(parts[0].indices()), IntStream.of(parts[1].indices()))
                .sorted()
                .toArray())
        .isEqualTo(IntStream.range(0, 10).toArray());
    assertThat(Subset.divided(10, 0.25, 4, "ten")[1].indices()).isEqualTo(parts[1].indices());
    assertThat(Subset.divided(100, 0.25, 5, "")[1].indices())
        .isNotEqualTo(Subset.divided(100, 0.25, 4, "")[1].indices());
    assertThat(parts[0].identity()).isNotEqualTo(parts[1].identity()).contains("ten");
  }

  @Test
  void somethingIsLeftOnBothSidesOfTwo() {
    for (double share : new double[] {0.01, 0.5, 0.99}) {
      SegmentationDataset.Parts parts = new Stripes(2, 20, 20, 1).divided(share, 1);
      assertThat(parts.train().count()).isEqualTo(1);
      assertThat(parts.validation().count()).isEqualTo(1);
    }
    assertThat(new Stripes(1, 20, 20, 1).divided(0.5, 1).validation().count()).isZero();
    for (double share : new double[] {0, 1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ALL.divided(share, 1))
          .withMessageContaining("above 0 and below 1");
    }
  }

  @Test
  void detectionHasThemToo() throws DataSetException {
    DetectionDataset all = FashionScenes.of(Clothes.bars(20, 1), 6, 3).detection();
    DetectionDataset.Parts parts = all.divided(0.5, 2);
    assertThat(parts.train().count()).isEqualTo(3);
    assertThat(parts.validation().count()).isEqualTo(3);
    DetectionDataset two = all.first(2);
    DetectionExample example = two.example(1);
    assertThat(example.id()).isEqualTo(all.example(1).id());
    assertThat(two.truths(1, example)).hasSameSizeAs(all.truths(1, all.example(1)));
    assertThat(two.categoryId(3)).isEqualTo(all.categoryId(3)).isEqualTo(4);
    assertThat(two.classNames()).isEqualTo(all.classNames());
  }
}
