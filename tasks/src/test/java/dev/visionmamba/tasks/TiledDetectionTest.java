package dev.visionmamba.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.BilinearResize;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Rectangle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * With a detector that sees as a network of 64 x 64 pixels does: it finds red and green rectangles
 * (classes 0 and 1) exactly, but none that is under four pixels wide or high at its size.
 */
class TiledDetectionTest {
  private static final int NETWORK = 64;
  private static final int SMALLEST = 4;

  /** A picture that rectangles are drawn on. */
  private static final class Canvas {
    private final int width;
    private final int height;
    private final byte[] rgb;
    private final List<Detection> truth = new ArrayList<>();

    Canvas(int width, int height) {
      this.width = width;
      this.height = height;
      this.rgb = new byte[3 * width * height];
    }

    Canvas draw(int label, int left, int top, int columns, int rows) {
      for (int y = top; y < top + rows; y++) {
        for (int x = left; x < left + columns; x++) {
          rgb[3 * (y * width + x) + label] = (byte) 255;
        }
      }
      truth.add(new Detection(label, 1, new Box(left, top, columns, rows), null));
      return this;
    }

    boolean isFree(int left, int top, int columns, int rows, int margin) {
      return truth.stream()
          .allMatch(
              other ->
                  left > other.box().right() + margin
                      || left + columns < other.box().left() - margin
                      || top > other.box().bottom() + margin
                      || top + rows < other.box().top() - margin);
    }

    PixelImage picture() {
      return new PixelImage(width, height, rgb);
    }
  }

  private static List<List<Detection>> asNetwork(List<PixelImage> pictures) {
    return pictures.stream().map(TiledDetectionTest::found).toList();
  }

  private static List<Detection> found(PixelImage picture) {
    double scale = (double) NETWORK / Math.max(picture.width(), picture.height());
    int width = Math.max(1, (int) Math.round(scale * picture.width()));
    int height = Math.max(1, (int) Math.round(scale * picture.height()));
    PixelImage small = BilinearResize.resize(picture, width, height);
    List<Detection> found = new ArrayList<>();
    for (int label = 0; label < 2; label++) {
      boolean[] lit = new boolean[width * height];
      for (int i = 0; i < lit.length; i++) {
        lit[i] = (small.rgb()[3 * i + label] & 0xff) > 127;
      }
      for (int i = 0; i < lit.length; i++) {
        if (lit[i]) {
          Rectangle part = filled(lit, width, i);
          if (part.width >= SMALLEST && part.height >= SMALLEST) {
            found.add(inPicture(label, part, picture, (double) picture.width() / width));
          }
        }
      }
    }
    return found;
  }

  private static Detection inPicture(int label, Rectangle part, PixelImage picture, double scale) {
    Box box =
        new Box(part.x * scale, part.y * scale, part.width * scale, part.height * scale)
            .clipped(picture.width(), picture.height());
    boolean[] mask = new boolean[picture.width() * picture.height()];
    for (int y = (int) box.top(); y < (int) box.bottom(); y++) {
      Arrays.fill(
          mask,
          y * picture.width() + (int) box.left(),
          y * picture.width() + (int) box.right(),
          true);
    }
    double score = 0.5 + Math.min(0.4, box.area() / 1e5);
    return new Detection(
        label, score, box, RunLengthMask.of(picture.width(), picture.height(), mask));
  }

  /** The rectangle around connected pixels, which are put out. */
  private static Rectangle filled(boolean[] lit, int width, int start) {
    Rectangle around = new Rectangle(start % width, start / width, 1, 1);
    Deque<Integer> open = new ArrayDeque<>(List.of(start));
    lit[start] = false;
    while (!open.isEmpty()) {
      int i = open.pop();
      around.add(new Rectangle(i % width, i / width, 1, 1));
      int[] neighbours = {
        i % width > 0 ? i - 1 : -1, i % width < width - 1 ? i + 1 : -1, i - width, i + width
      };
      for (int n : neighbours) {
        if (n >= 0 && n < lit.length && lit[n]) {
          lit[n] = false;
          open.push(n);
        }
      }
    }
    return around;
  }

  private static List<Detection> detect(Canvas canvas, DetectionTiling tiling) {
    DetectorOptions options = DetectorOptions.DEFAULT.withTiling(tiling).withBatchSize(3);
    return new TiledDetection(options, TiledDetectionTest::asNetwork).detect(canvas.picture());
  }

  /** Every drawn thing is found once, nothing else is, and its mask is where its box is. */
  private static void requireAllOnce(Canvas canvas, List<Detection> found, double overlap) {
    assertThat(found).hasSameSizeAs(canvas.truth);
    for (Detection truth : canvas.truth) {
      assertThat(found)
          .as("%s", truth)
          .filteredOn(detection -> detection.label() == truth.label())
          .filteredOn(detection -> detection.box().overlap(truth.box(), false) > overlap)
          .singleElement()
          .satisfies(
              detection -> {
                assertThat(detection.mask().width()).isEqualTo(canvas.width);
                assertThat(detection.mask().height()).isEqualTo(canvas.height);
                assertThat(detection.mask().box().overlap(truth.box(), false))
                    .isGreaterThan(overlap);
              });
    }
  }

  @Test
  void tilesFindWhatTheWholePictureLoses() {
    Canvas canvas = new Canvas(512, 384);
    for (int i = 0; i < 40; i++) {
      canvas.draw(i % 2, 12 + i % 8 * 62, 20 + i / 8 * 75, 16, 14);
    }
    assertThat(asNetwork(List.of(canvas.picture())).get(0)).isEmpty();
    requireAllOnce(canvas, detect(canvas, DetectionTiling.of(128, 32)), 0.7);
    requireAllOnce(canvas, detect(canvas, DetectionTiling.of(128, 32).withoutWhole()), 0.7);
  }

  @Test
  void whatLiesOnASeamIsFoundOnce() {
    DetectionTiling tiling = DetectionTiling.of(128, 32);
    for (int shift = -20; shift <= 20; shift++) {
      Canvas canvas = new Canvas(512, 300);
      int i = 0;
      for (Rectangle tile : tiling.tiles(512, 300)) {
        // At the tile's upper left corner, and at its lower right one.
        for (int[] corner :
            new int[][] {{tile.x, tile.y}, {tile.x + tile.width, tile.y + tile.height}}) {
          int left = corner[0] + shift - 10;
          int top = corner[1] - shift - 10;
          boolean inside = left >= 0 && top >= 0 && left + 20 <= 512 && top + 20 <= 300;
          if (inside && canvas.isFree(left, top, 20, 20, 6)) {
            canvas.draw(i++ % 2, left, top, 20, 20);
          }
        }
      }
      assertThat(canvas.truth).hasSizeGreaterThan(5);
      requireAllOnce(canvas, detect(canvas, tiling), 0.7);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void whereverSmallThingsAreTheyAreFoundOnce(long seed) {
    Random random = new Random(seed);
    int width = 200 + random.nextInt(500);
    int height = 200 + random.nextInt(500);
    Canvas canvas = new Canvas(width, height);
    for (int i = 0; i < 60; i++) {
      int columns = 12 + random.nextInt(18);
      int rows = 12 + random.nextInt(18);
      int left = random.nextInt(width - columns);
      int top = random.nextInt(height - rows);
      // Far enough apart for the whole picture at the network's size, where a pixel is up to 11.
      if (canvas.isFree(left, top, columns, rows, 24)) {
        canvas.draw(random.nextInt(2), left, top, columns, rows);
      }
    }
    int tile = 100 + random.nextInt(80);
    DetectionTiling tiling = DetectionTiling.of(tile, 36 + random.nextInt(20));
    assertThat(canvas.truth).hasSizeGreaterThan(8);
    requireAllOnce(canvas, detect(canvas, tiling), 0.5);
    requireAllOnce(canvas, detect(canvas, tiling.withoutWhole()), 0.5);
  }

  @ParameterizedTest
  @CsvSource({"40, 100, 400, 50", "90, 30, 60, 330", "30, 30, 430, 330"})
  void whatIsLargerThanATileIsFoundOnce(int left, int top, int columns, int rows) {
    Canvas canvas = new Canvas(512, 384).draw(1, left, top, columns, rows);
    requireAllOnce(canvas, detect(canvas, DetectionTiling.of(128, 32)), 0.8);
    requireAllOnce(canvas, detect(canvas, DetectionTiling.of(128, 32).withoutWhole()), 0.8);
  }

  @Test
  void aSmallThingInFrontOfALargeOneIsNoPieceOfIt() {
    Canvas canvas = new Canvas(512, 384).draw(0, 40, 60, 400, 250).draw(1, 210, 150, 24, 24);
    requireAllOnce(canvas, detect(canvas, DetectionTiling.of(128, 40)), 0.7);
  }

  @Test
  void onlyTheSurestAreKept() {
    Canvas canvas = new Canvas(400, 400).draw(0, 20, 20, 60, 60).draw(0, 200, 200, 90, 90);
    DetectorOptions options =
        DetectorOptions.DEFAULT.withTiling(DetectionTiling.of(160, 100)).withMostObjects(1);
    List<Detection> found =
        new TiledDetection(options, TiledDetectionTest::asNetwork).detect(canvas.picture());
    assertThat(found)
        .singleElement()
        .satisfies(d -> assertThat(d.box().left()).isBetween(195.0, 205.0));
  }

  @Test
  void aPictureOfOneTileIsSeenOnceAndAsAWhole() {
    List<Integer> sizes = new ArrayList<>();
    TiledDetection tiled =
        new TiledDetection(
            DetectorOptions.DEFAULT.withTiling(DetectionTiling.of(128, 32)),
            pictures -> {
              pictures.forEach(picture -> sizes.add(picture.width()));
              return asNetwork(pictures);
            });
    Canvas canvas = new Canvas(128, 90).draw(0, 10, 20, 40, 40);
    assertThat(tiled.detect(canvas.picture())).isEqualTo(found(canvas.picture()));
    assertThat(sizes).containsExactly(128);
  }

  @ParameterizedTest
  @CsvSource({
    "512, 384, 128, 32",
    "129, 1, 128, 0",
    "8000, 200, 800, 200",
    "300, 301, 100, 99",
    "7, 7, 3, 1"
  })
  void tilesCoverThePictureAndOverlapEnough(int width, int height, int side, int overlap) {
    List<Rectangle> tiles = new DetectionTiling(side, overlap, true).tiles(width, height);
    Rectangle picture = new Rectangle(width, height);
    assertThat(tiles).allMatch(picture::contains).doesNotHaveDuplicates();
    int[] lefts = tiles.stream().mapToInt(tile -> tile.x).distinct().sorted().toArray();
    int[] tops = tiles.stream().mapToInt(tile -> tile.y).distinct().sorted().toArray();
    assertThat(tiles).hasSize(lefts.length * tops.length);
    for (int[] starts : new int[][] {lefts, tops}) {
      int length = starts == lefts ? width : height;
      assertThat(starts[0]).isZero();
      assertThat(starts[starts.length - 1]).isEqualTo(Math.max(0, length - side));
      assertThat(IntStream.range(1, starts.length).map(i -> starts[i] - starts[i - 1]))
          .allMatch(step -> step > 0 && step <= side - overlap);
    }
  }

  @Test
  void tilesThatCannotBeAreRefused() {
    for (int[] wrong : new int[][] {{0, 0}, {10, 10}, {10, -1}}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> DetectionTiling.of(wrong[0], wrong[1]))
          .withMessageContaining("got " + wrong[0] + " and " + wrong[1]);
    }
  }
}
