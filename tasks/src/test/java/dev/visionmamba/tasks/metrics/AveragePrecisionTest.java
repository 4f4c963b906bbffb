package dev.visionmamba.tasks.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.CocoDataset;
import dev.visionmamba.tasks.annotations.CocoResults;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.metrics.AveragePrecision.Overlap;
import dev.visionmamba.tasks.metrics.AveragePrecisionSummary.ClassPrecision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The numbers of the fixtures are those of {@code make_annotation_fixtures.py}, worked out from the
 * published definition; pycocotools 2.0.11 gives the same, to 2e-15. The rest can be checked by
 * hand.
 */
class AveragePrecisionTest {
  @TempDir Path folder;

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = AveragePrecisionTest.class.getResourceAsStream(name)) {
      Files.copy(in, file);
    }
    return file;
  }

  private static double[] numbers(AveragePrecisionSummary s) {
    return new double[] {
      s.ap(), s.ap50(), s.ap75(), s.apSmall(), s.apMedium(), s.apLarge(),
      s.ar1(), s.ar10(), s.ar100(), s.arSmall(), s.arMedium(), s.arLarge()
    };
  }

  @ParameterizedTest
  @EnumSource(Overlap.class)
  void theFixturesGiveTheNumbersWorkedOut(Overlap overlap) throws Exception {
    String kind = overlap.name().toLowerCase(Locale.ROOT);
    CocoDataset dataset = CocoDataset.read(resource("instances.json"));
    CocoResults results = CocoResults.read(resource(kind + ".json"), dataset);
    String line =
        Files.readAllLines(resource("expected.txt"), StandardCharsets.UTF_8).stream()
            .filter(l -> l.startsWith(kind))
            .findFirst()
            .orElseThrow();
    double[] expected =
        Stream.of(line.split(" ")).skip(1).mapToDouble(Double::parseDouble).toArray();
    AveragePrecisionSummary summary = AveragePrecision.of(overlap, dataset, results);
    assertThat(numbers(summary)).containsExactly(expected, within(1e-12));
    assertThat(summary.classes())
        .extracting(ClassPrecision::name)
        .containsExactly("person", "cat", "hat", "never seen");
    assertThat(summary.classes().get(3).ap()).isNaN();
    // Each number of the whole is the mean of the classes' that have it.
    assertThat(mean(summary, ClassPrecision::ap)).isEqualTo(summary.ap(), within(1e-12));
    assertThat(mean(summary, ClassPrecision::ap50)).isEqualTo(summary.ap50(), within(1e-12));
    assertThat(mean(summary, ClassPrecision::ap75)).isEqualTo(summary.ap75(), within(1e-12));
    assertThat(mean(summary, ClassPrecision::apSmall)).isEqualTo(summary.apSmall(), within(1e-12));
    assertThat(mean(summary, ClassPrecision::apMedium))
        .isEqualTo(summary.apMedium(), within(1e-12));
    assertThat(mean(summary, ClassPrecision::apLarge)).isEqualTo(summary.apLarge(), within(1e-12));
  }

  private static double mean(
      AveragePrecisionSummary summary, ToDoubleFunction<ClassPrecision> number) {
    return summary.classes().stream()
        .mapToDouble(number)
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  @Test
  void theOrderOfPicturesDoesNotMatter() throws Exception {
    CocoDataset dataset = CocoDataset.read(resource("instances.json"));
    CocoResults results = CocoResults.read(resource("boxes.json"), dataset);
    var detections = results.byImage(dataset);
    List<Long> ids = new ArrayList<>();
    dataset.images().forEach(image -> ids.add(image.id()));
    AveragePrecisionSummary straight = AveragePrecision.of(Overlap.BOXES, dataset, results);
    for (int i = 0; i < 5; i++) {
      Collections.shuffle(ids, new Random(i));
      AveragePrecision measure = new AveragePrecision(Overlap.BOXES, dataset.classNames());
      for (long id : ids) {
        measure.add(id, dataset.instances(id), detections.getOrDefault(id, List.of()));
      }
      assertThat(measure.summary()).isEqualTo(straight);
      assertThat(measure.pictures()).isEqualTo(8);
    }
  }

  private static Instance truth(double left, double side) {
    return new Instance(0, new Box(left, 0, side, side), null, side * side, false);
  }

  private static Detection found(double left, double side, double score) {
    return new Detection(0, score, new Box(left, 0, side, side), null);
  }

  private static AveragePrecisionSummary measure(List<Instance> truths, List<Detection> found) {
    AveragePrecision measure = new AveragePrecision(Overlap.BOXES, List.of("thing"));
    measure.add(1, truths, found);
    return measure.summary();
  }

  @Test
  void whatIsFoundExactlyCountsFully() {
    AveragePrecisionSummary summary =
        measure(
            List.of(truth(0, 10), truth(20, 50)), List.of(found(20, 50, 0.9), found(0, 10, 0.8)));
    assertThat(summary.ap()).isEqualTo(1, within(1e-12));
    assertThat(summary.apSmall()).isEqualTo(1, within(1e-12));
    assertThat(summary.apMedium()).isEqualTo(1, within(1e-12));
    assertThat(summary.apLarge()).isNaN();
    assertThat(summary.ar1()).isEqualTo(0.5, within(1e-12));
    assertThat(summary.ar10()).isEqualTo(1, within(1e-12));
  }

  @Test
  void precisionIsReadAt101Recalls() {
    // Right, wrong, right of two: precision 1 up to the recall 0.50, 2/3 up to 1.
    AveragePrecisionSummary summary =
        measure(
            List.of(truth(0, 10), truth(20, 10)),
            List.of(found(0, 10, 0.9), found(50, 10, 0.8), found(20, 10, 0.7)));
    assertThat(summary.ap50()).isEqualTo((51 + 50 * 2 / 3.0) / 101, within(1e-12));
    assertThat(summary.ap()).isEqualTo(summary.ap50(), within(1e-12));
  }

  @Test
  void anOverlapCountsUpToItsThreshold() {
    // 0.72 meets 0.50, 0.55, 0.60, 0.65 and 0.70.
    Detection low = new Detection(0, 1, new Box(0, 0, 10, 7.2), null);
    AveragePrecisionSummary summary = measure(List.of(truth(0, 10)), List.of(low));
    assertThat(summary.ap()).isEqualTo(0.5, within(1e-12));
    assertThat(summary.ap50()).isEqualTo(1, within(1e-12));
    assertThat(summary.ap75()).isZero();
    assertThat(summary.ar100()).isEqualTo(0.5, within(1e-12));
  }

  @Test
  void theSecondFindOfAThingIsWrong() {
    AveragePrecisionSummary summary =
        measure(
            List.of(truth(0, 10), truth(20, 10)),
            List.of(found(0, 10, 0.9), found(0, 10, 0.8), found(20, 10, 0.7)));
    assertThat(summary.ap50()).isEqualTo((51 + 50 * 2 / 3.0) / 101, within(1e-12));
  }

  @Test
  void crowdsAreNeitherRightNorWrong() {
    Instance crowd = new Instance(0, new Box(100, 0, 100, 100), null, 10_000, true);
    AveragePrecisionSummary summary =
        measure(
            List.of(crowd, truth(0, 10)),
            List.of(found(110, 10, 0.9), found(120, 10, 0.8), found(0, 10, 0.7)));
    assertThat(summary.ap()).isEqualTo(1, within(1e-12));
    AveragePrecisionSummary onlyCrowd = measure(List.of(crowd), List.of(found(110, 10, 0.9)));
    assertThat(onlyCrowd.ap()).isNaN();
    assertThat(onlyCrowd.ar100()).isNaN();
  }

  @Test
  void equalScoresKeepTheirOrder() {
    List<Detection> wrongFirst = List.of(found(50, 10, 0.5), found(0, 10, 0.5));
    List<Detection> rightFirst = List.of(found(0, 10, 0.5), found(50, 10, 0.5));
    assertThat(measure(List.of(truth(0, 10)), wrongFirst).ap50()).isEqualTo(0.5, within(1e-12));
    assertThat(measure(List.of(truth(0, 10)), rightFirst).ap50()).isEqualTo(1, within(1e-12));
    // Zero and minus zero are equal, too.
    List<Detection> zeros = List.of(found(0, 10, -0.0), found(50, 10, 0.0));
    assertThat(measure(List.of(truth(0, 10)), zeros).ap50()).isEqualTo(1, within(1e-12));
  }

  @Test
  void noMoreThan100DetectionsAreLookedAt() {
    List<Detection> found = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      found.add(found(1000 + 20 * i, 10, 0.9));
    }
    found.add(found(0, 10, 0.8));
    assertThat(measure(List.of(truth(0, 10)), found).ap()).isZero();
    found.remove(0);
    assertThat(measure(List.of(truth(0, 10)), found).ap50()).isEqualTo(0.01, within(1e-12));
    assertThat(measure(List.of(truth(0, 10)), found).ar10()).isZero();
  }

  @Test
  void withoutTruthsThereIsNoNumber() {
    assertThat(numbers(measure(List.of(), List.of()))).containsOnly(Double.NaN);
    assertThat(numbers(measure(List.of(), List.of(found(0, 1, 1))))).containsOnly(Double.NaN);
    AveragePrecisionSummary none = measure(List.of(truth(0, 10)), List.of());
    assertThat(none.ap()).isZero();
    assertThat(none.ar100()).isZero();
    assertThat(none.apLarge()).isNaN();
    assertThat(none.table().lines()).hasSize(12).anyMatch(l -> l.matches("AP large +-"));
    assertThat(numbers(new AveragePrecision(Overlap.BOXES, List.of()).summary()))
        .containsOnly(Double.NaN);
  }

  @Test
  void anEmptyBoxIsNeverFound() {
    AveragePrecisionSummary summary = measure(List.of(truth(5, 0)), List.of(found(5, 0, 1)));
    assertThat(summary.ap()).isZero();
  }

  @Test
  void whatDoesNotFitIsRefusedAndNotCounted() {
    AveragePrecision measure = new AveragePrecision(Overlap.MASKS, List.of("thing"));
    RunLengthMask mask = RunLengthMask.ofCounts(2, 2, 1, 3);
    Detection bare = found(0, 10, 1);
    assertThatThrownBy(() -> measure.add(4, List.of(Instance.of(0, mask)), List.of(bare)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("picture 4", "thing", "without a mask");
    RunLengthMask other = RunLengthMask.ofCounts(2, 3, 1, 5);
    Detection misshapen = new Detection(0, 1, other.box(), other);
    assertThatThrownBy(() -> measure.add(4, List.of(Instance.of(0, mask)), List.of(misshapen)))
        .hasMessageContainingAll("picture 4", "2x2", "2x3");
    assertThatThrownBy(() -> measure.add(4, List.of(Instance.of(1, mask)), List.of()))
        .hasMessageContainingAll("label 1", "1 classes");
    measure.add(4, List.of(Instance.of(0, mask)), List.of(new Detection(0, 1, mask.box(), mask)));
    assertThat(measure.summary().ap()).isEqualTo(1, within(1e-12));
    assertThatThrownBy(() -> measure.add(4, List.of(), List.of()))
        .hasMessageContaining("picture 4 was counted before");
    assertThatThrownBy(() -> new Detection(0, Double.NaN, mask.box(), null))
        .hasMessageContaining("NaN");
  }
}
