package dev.visionmamba.tasks.annotations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The fixtures are those of {@code make_annotation_fixtures.py}, worked out from the published
 * definitions; the rest can be checked by hand.
 */
class RunLengthMaskTest {

  /** Rows of characters, # inside. */
  private static RunLengthMask drawn(String... rows) {
    boolean[] inside = new boolean[rows.length * rows[0].length()];
    for (int i = 0; i < inside.length; i++) {
      inside[i] = rows[i / rows[0].length()].charAt(i % rows[0].length()) == '#';
    }
    return RunLengthMask.of(rows[0].length(), rows.length, inside);
  }

  private static RunLengthMask random(Random random, int width, int height, double share) {
    boolean[] inside = new boolean[width * height];
    for (int i = 0; i < inside.length; i++) {
      inside[i] = random.nextDouble() < share;
    }
    return RunLengthMask.of(width, height, inside);
  }

  @Test
  void runsGoDownTheColumns() {
    RunLengthMask mask = drawn(".##.", ".##.", "...#");
    assertThat(mask.counts()).containsExactly(3, 2, 1, 2, 3, 1);
    assertThat(mask.area()).isEqualTo(5);
    assertThat(mask.box()).isEqualTo(new Box(1, 0, 3, 3));
    assertThat(mask.width()).isEqualTo(4);
    assertThat(mask.height()).isEqualTo(3);
    List<String> segments = new ArrayList<>();
    mask.segments((x, top, bottom) -> segments.add(x + ":" + top + "-" + bottom));
    assertThat(segments).containsExactly("1:0-2", "2:0-2", "3:2-3");
  }

  @Test
  void aMaskThatBeginsInsideHasAnEmptyFirstRun() {
    RunLengthMask all = drawn("####", "####", "####", "####");
    assertThat(all.counts()).containsExactly(0, 16);
    // 16 does not fit four bits and a sign: 16 + 32 for more is '`', then 0.
    assertThat(all.compressed()).isEqualTo("0`0");
    assertThat(all.box()).isEqualTo(new Box(0, 0, 4, 4));
    RunLengthMask none = drawn("....", "....", "....", "....");
    assertThat(none.counts()).containsExactly(16);
    assertThat(none.compressed()).isEqualTo("`0");
    assertThat(none.area()).isZero();
    assertThat(none.box()).isEqualTo(new Box(0, 0, 0, 0));
    none.segments((x, top, bottom) -> assertThat(x).as("a segment of nothing").isNegative());
  }

  @Test
  void fromTheFourthCountOnDifferencesAreWritten() {
    // 1, 2, 3; then 1 - 2 = -1 and 2 - 3 = -1: all five bits of a minus one, 48 + 31 is 'O'.
    RunLengthMask mask = RunLengthMask.ofCounts(3, 3, 1, 2, 3, 1, 2);
    assertThat(mask.compressed()).isEqualTo("123OO");
    assertThat(RunLengthMask.ofCompressed(3, 3, "123OO")).isEqualTo(mask);
  }

  @Test
  void emptyRunsVanish() {
    assertThat(RunLengthMask.ofCounts(3, 2, 1, 2, 0, 1, 2, 0).counts()).containsExactly(1, 3, 2);
    assertThat(RunLengthMask.ofCounts(3, 2, 0, 0, 6).counts()).containsExactly(6);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.02, 0.5, 0.98, 1})
  void allFormsHoldTheSamePixels(double share) {
    Random random = new Random(3);
    for (int[] size : new int[][] {{1, 1}, {1, 50}, {50, 1}, {31, 17}, {200, 300}}) {
      RunLengthMask mask = random(random, size[0], size[1], share);
      assertThat(RunLengthMask.of(size[0], size[1], mask.pixels())).isEqualTo(mask);
      assertThat(RunLengthMask.ofCounts(size[0], size[1], mask.counts())).isEqualTo(mask);
      assertThat(RunLengthMask.ofCompressed(size[0], size[1], mask.compressed())).isEqualTo(mask);
      assertThat(mask.hashCode())
          .isEqualTo(RunLengthMask.ofCounts(size[0], size[1], mask.counts()).hashCode());
    }
  }

  @Test
  void overlapsAreThoseOfThePixels() {
    Random random = new Random(4);
    for (int i = 0; i < 50; i++) {
      RunLengthMask a = random(random, 9, 7, random.nextDouble());
      RunLengthMask b = random(random, 9, 7, random.nextDouble());
      boolean[] inA = a.pixels();
      boolean[] inB = b.pixels();
      int both = 0;
      int any = 0;
      for (int p = 0; p < inA.length; p++) {
        both += inA[p] && inB[p] ? 1 : 0;
        any += inA[p] || inB[p] ? 1 : 0;
      }
      assertThat(a.overlap(b, false)).isEqualTo(both == 0 ? 0 : (double) both / any);
      assertThat(a.overlap(b, true)).isEqualTo(both == 0 ? 0 : (double) both / a.area());
      assertThat(a.intersection(b).area()).isEqualTo(both);
      RunLengthMask union = RunLengthMask.union(List.of(a, b));
      assertThat(union.area()).isEqualTo(any);
      assertThat(union.intersection(a)).isEqualTo(a);
    }
  }

  @Test
  void aRectangleOfWholeNumbersCoversItsPixels() {
    double[] rectangle = {1, 1, 1, 4, 5, 4, 5, 1};
    assertThat(RunLengthMask.ofPolygons(7, 6, List.of(rectangle)))
        .isEqualTo(drawn(".......", ".####..", ".####..", ".####..", ".......", "......."));
  }

  @Test
  void whatReachesOutOfThePictureIsCutOff() {
    double[] wide = {-10, -10, 100, -10, 100, 100, -10, 100};
    assertThat(RunLengthMask.ofPolygons(5, 4, List.of(wide)).area()).isEqualTo(20);
    double[] beside = {10, 0, 12, 0, 12, 3};
    assertThat(RunLengthMask.ofPolygons(5, 4, List.of(beside)).area()).isZero();
    double[] below = {1, 10, 4, 10, 4, 13, 1, 13};
    assertThat(RunLengthMask.ofPolygons(5, 4, List.of(below)).area()).isZero();
    double[] half = {-3, 1, 2, 1, 2, 3, -3, 3};
    assertThat(RunLengthMask.ofPolygons(5, 4, List.of(half)))
        .isEqualTo(drawn(".....", "##...", "##...", "....."));
  }

  @Test
  void severalPolygonsAreOneMask() {
    double[] left = {0, 0, 0, 2, 2, 2, 2, 0};
    double[] right = {3, 1, 3, 3, 5, 3, 5, 1};
    double[] same = {0, 0, 0, 2, 2, 2, 2, 0};
    assertThat(RunLengthMask.ofPolygons(5, 3, List.of(left, right, same)))
        .isEqualTo(drawn("##...", "##.##", "...##"));
  }

  @Test
  void polygonsAreRasterisedAsWorkedOut() throws IOException {
    int count = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                RunLengthMaskTest.class.getResourceAsStream("polygons.txt"),
                StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] parts = line.split(" ");
        int width = Integer.parseInt(parts[0]);
        int height = Integer.parseInt(parts[1]);
        double[] polygon =
            Stream.of(parts[2].split(",")).mapToDouble(Double::parseDouble).toArray();
        int[] counts = Stream.of(parts[3].split(",")).mapToInt(Integer::parseInt).toArray();
        RunLengthMask mask = RunLengthMask.ofPolygons(width, height, List.of(polygon));
        assertThat(mask.counts()).as(line).isEqualTo(counts);
        assertThat(mask.compressed()).as(line).isEqualTo(parts[4]);
        count++;
      }
    }
    assertThat(count).isEqualTo(120);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | empty | add up to 0",
        "` | cut short | does not end",
        "oooooooooo | endless | does not end",
        "é | foreign | not one of",
        "/ | before the first | not one of",
        "O | negative | is -1 long",
        "PPo10 | more than there are pixels | pixels"
      })
  void damagedCharactersAreRefused(String counts, String why, String message) {
    assertThatThrownBy(() -> RunLengthMask.ofCompressed(4, 4, counts))
        .as(why)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anyCharactersAreReadOrRefused() {
    Random random = new Random(5);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(5);
      for (int c = 0; c < length; c++) {
        text.append((char) ('0' + random.nextInt(i % 2 == 0 ? 64 : 16)));
      }
      try {
        RunLengthMask mask = RunLengthMask.ofCompressed(3, 2, text.toString());
        assertThat(Arrays.stream(mask.counts()).sum()).isEqualTo(6);
        read++;
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining("mask");
      }
    }
    assertThat(read).isPositive();
  }

  @Test
  void hostileSizesAndCountsAreRefusedAtOnce() {
    assertThatThrownBy(() -> RunLengthMask.ofCounts(1 << 20, 1 << 20, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1048576x1048576");
    assertThatThrownBy(() -> RunLengthMask.ofCounts(0, 5, 0))
        .hasMessageContainingAll("0x5", "1 to");
    assertThatThrownBy(() -> RunLengthMask.ofCounts(5, 5, 26)).hasMessageContaining("add up to 26");
    assertThatThrownBy(() -> RunLengthMask.ofCounts(5, 5, 30, -5)).hasMessageContaining("-5 long");
    assertThatThrownBy(() -> RunLengthMask.ofCounts(5, 5, Integer.MAX_VALUE, Integer.MAX_VALUE, 27))
        .hasMessageContaining("add up to 4294967321");
    assertThatThrownBy(() -> RunLengthMask.of(2, 2, new boolean[5])).hasMessageContaining("got 5");
    assertThatThrownBy(() -> RunLengthMask.union(List.of())).hasMessageContaining("at least one");
    RunLengthMask small = drawn("#");
    RunLengthMask large = drawn("##");
    assertThatThrownBy(() -> small.overlap(large, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1x1", "2x1");
    assertThatThrownBy(() -> small.intersection(large)).hasMessageContaining("2x1");
  }

  @Test
  void brokenPolygonsAreRefused() {
    assertPolygonRefused("not 4", 0, 0, 1, 1);
    assertPolygonRefused("not 7", 0, 0, 1, 1, 2, 2, 3);
    assertPolygonRefused("NaN", 0, 0, Double.NaN, 1, 2, 2);
    assertPolygonRefused("Infinity", 0, 0, 1, 1, Double.POSITIVE_INFINITY, 2);
    assertPolygonRefused("1.0E300", 0, 0, 1e300, 1, 2, 2);
    double[] zigzag = new double[100];
    for (int i = 0; i < zigzag.length; i += 4) {
      zigzag[i] = 1e6;
    }
    assertPolygonRefused("outline", zigzag);
    assertThatThrownBy(() -> RunLengthMask.ofPolygons(5, 5, List.of()))
        .hasMessageContaining("at least one");
  }

  private static void assertPolygonRefused(String message, double... polygon) {
    assertThatThrownBy(() -> RunLengthMask.ofPolygons(5, 5, List.of(polygon)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aPartsMaskIsPlacedInTheWhole() {
    RunLengthMask part = drawn(".#", "##");
    assertThat(part.placed(4, 3, 1, 1)).isEqualTo(drawn("....", "..#.", ".##."));
    assertThat(part.placed(2, 2, 0, 0)).isEqualTo(part);
    RunLengthMask none = drawn("..");
    assertThat(none.placed(5, 4, 3, 3).area()).isZero();
    Random random = new Random(8);
    for (int i = 0; i < 50; i++) {
      int left = random.nextInt(5);
      int top = random.nextInt(5);
      RunLengthMask some = random(random, 1 + random.nextInt(6), 1 + random.nextInt(6), 0.5);
      RunLengthMask placed = some.placed(12, 11, left, top);
      boolean[] small = some.pixels();
      boolean[] large = new boolean[12 * 11];
      for (int k = 0; k < small.length; k++) {
        large[(top + k / some.width()) * 12 + left + k % some.width()] = small[k];
      }
      assertThat(placed).isEqualTo(RunLengthMask.of(12, 11, large));
    }
    for (int[] corner : new int[][] {{-1, 0}, {0, -1}, {3, 0}, {0, 2}}) {
      assertThatThrownBy(() -> part.placed(4, 3, corner[0], corner[1]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("not inside 4x3");
    }
  }
}
