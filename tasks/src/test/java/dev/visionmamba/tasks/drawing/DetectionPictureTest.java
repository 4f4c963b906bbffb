package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Color;
import java.awt.Rectangle;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DetectionPictureTest {
  private static final List<String> NAMES = List.of("thing", "another thing with a long name");
  private static final Palette PALETTE = Palette.of(List.of(0xff0000, 0x0000ff));

  @TempDir Path folder;

  private static PixelImage grey(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    Arrays.fill(rgb, (byte) 100);
    return new PixelImage(width, height, rgb);
  }

  private static Detection found(int label, double score, Box box) {
    return new Detection(label, score, box, null);
  }

  private static BufferedImage draw(PixelImage picture, Detection... detections) {
    return DetectionPicture.draw(picture, List.of(detections), NAMES, PALETTE);
  }

  @Test
  void withoutDetectionsThePictureIsAsItWas() {
    PixelImage picture = grey(70, 50);
    assertThat(PixelImage.of(draw(picture))).isEqualTo(picture);
  }

  @Test
  void theBoxIsFramedInItsColourAndThePictureIsNotChanged() {
    PixelImage picture = grey(300, 200);
    BufferedImage drawn = draw(picture, found(1, 0.5, new Box(100, 80, 120, 60)));
    Color blue = PALETTE.colour(1);
    for (int[] edge : new int[][] {{100, 100}, {219, 100}, {160, 80}, {200, 139}, {219, 139}}) {
      assertThat(new Color(drawn.getRGB(edge[0], edge[1]))).isEqualTo(blue);
    }
    for (int[] free : new int[][] {{160, 110}, {99, 110}, {221, 110}, {160, 141}, {5, 5}}) {
      assertThat(new Color(drawn.getRGB(free[0], free[1]))).isEqualTo(new Color(100, 100, 100));
    }
    assertThat(picture).isEqualTo(grey(300, 200));
    // The label lies above, with letters on it.
    List<Color> label = colours(drawn, 100, 68, 160, 80);
    assertThat(label.stream().filter(blue::equals).count()).isGreaterThan(200);
    assertThat(label.stream().filter(colour -> colour.getRed() > 128).count()).isGreaterThan(30);
  }

  private static List<Color> colours(
      BufferedImage image, int left, int top, int right, int bottom) {
    List<Color> colours = new ArrayList<>();
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        colours.add(new Color(image.getRGB(x, y)));
      }
    }
    return colours;
  }

  @Test
  void masksAreHalfTransparentWithARim() {
    boolean[] inside = new boolean[60 * 40];
    for (int y = 10; y < 30; y++) {
      Arrays.fill(inside, y * 60 + 20, y * 60 + 50, true);
    }
    RunLengthMask mask = RunLengthMask.of(60, 40, inside);
    BufferedImage drawn = draw(grey(60, 40), new Detection(0, 1, mask.box(), mask));
    assertThat(new Color(drawn.getRGB(35, 25))).isEqualTo(new Color(178, 50, 50));
    assertThat(new Color(drawn.getRGB(20, 25))).isEqualTo(Color.RED);
    assertThat(new Color(drawn.getRGB(19, 25))).isEqualTo(new Color(100, 100, 100));
    BufferedImage truth =
        DetectionPicture.drawTruth(grey(60, 40), List.of(Instance.of(0, mask)), NAMES, PALETTE);
    assertThat(new Color(truth.getRGB(35, 25))).isEqualTo(new Color(178, 50, 50));
  }

  @Test
  void theSurestIsInFront() {
    Box box = new Box(20, 30, 40, 40);
    for (double[] scores : new double[][] {{0.9, 0.1}, {0.1, 0.9}}) {
      BufferedImage drawn =
          draw(grey(100, 100), found(0, scores[0], box), found(1, scores[1], box));
      assertThat(new Color(drawn.getRGB(20, 50)))
          .isEqualTo(PALETTE.colour(scores[0] > scores[1] ? 0 : 1));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 300", "300, 1", "64, 64", "65, 30", "640, 480", "3000, 40", "2000, 1500"})
  void whateverTheSizeDetectionsAreDrawn(int width, int height) {
    List<Detection> detections = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < 20; i++) {
      Box box =
          new Box(
              (random.nextDouble() * 2 - 0.5) * width,
              (random.nextDouble() * 2 - 0.5) * height,
              random.nextDouble() * width,
              random.nextDouble() * height);
      detections.add(found(i % 2, random.nextDouble(), box));
    }
    RunLengthMask all = RunLengthMask.ofCounts(width, height, 0, width * height);
    RunLengthMask none = RunLengthMask.ofCounts(width, height, width * height);
    detections.add(new Detection(0, 2, all.box(), all));
    detections.add(new Detection(0, -3e9, none.box(), none));
    BufferedImage drawn = DetectionPicture.draw(grey(width, height), detections, NAMES, PALETTE);
    assertThat(drawn.getWidth()).isEqualTo(width);
    assertThat(drawn.getHeight()).isEqualTo(height);
    // The rim of the mask over the whole picture, unless a frame or label lies on it.
    assertThat(new Color(drawn.getRGB(0, height - 1))).isNotEqualTo(new Color(100, 100, 100));
  }

  @Test
  void aThousandDetectionsAreDrawn() throws Exception {
    Random random = new Random(2);
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      detections.add(
          found(
              i % 2,
              random.nextDouble(),
              new Box(random.nextInt(600), random.nextInt(440), random.nextInt(60), 40)));
    }
    Path file = folder.resolve("many.png");
    DetectionPicture.write(grey(640, 480), detections, NAMES, PALETTE, file);
    PixelImage read = ImageDecoder.decode(file);
    assertThat(read.width()).isEqualTo(640);
    assertThat(read).isNotEqualTo(grey(640, 480));
  }

  @Test
  void labelsStayInsideAndDoNotCoverEachOther() {
    Random random = new Random(3);
    for (int[] size : new int[][] {{64, 64}, {200, 90}, {1000, 700}}) {
      PictureScale scale = PictureScale.of(size[0], size[1]);
      LabelPlaces places = new LabelPlaces(size[0], size[1], scale);
      Rectangle picture = new Rectangle(0, 0, size[0], size[1]);
      List<Rectangle> placed = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        Box box =
            new Box(
                (random.nextDouble() * 1.4 - 0.2) * size[0],
                (random.nextDouble() * 1.4 - 0.2) * size[1],
                random.nextDouble() * size[0],
                random.nextDouble() * size[1]);
        String text = scale.fit("some thing 0.77", size[0] - 2 * scale.padding());
        Rectangle place = places.place(box, text);
        if (place != null) {
          assertThat(picture.contains(place)).as("%s in %s", place, picture).isTrue();
          assertThat(placed).noneMatch(place::intersects);
          placed.add(place);
        }
      }
      assertThat(placed).hasSizeGreaterThan(1);
    }
  }

  @Test
  void longNamesAreCutOff() {
    PictureScale scale = PictureScale.of(64, 64);
    String name = "an uncommonly long name of a class";
    String cut = scale.fit(name, 60);
    assertThat(cut).endsWith("\u2026");
    assertThat(name).startsWith(cut.substring(0, cut.length() - 1));
    assertThat(Letters.width(scale.font(), cut)).isLessThanOrEqualTo(60);
    assertThat(scale.fit(name, 1000)).isEqualTo(name);
    assertThat(scale.fit(name, 2)).isEmpty();
  }

  @Test
  void linesAndLettersGrowWithThePicture() {
    PictureScale small = PictureScale.of(64, 64);
    PictureScale large = PictureScale.of(8000, 6000);
    assertThat(small.font().getSize()).isEqualTo(9);
    assertThat(small.line()).isEqualTo(1);
    assertThat(large.font().getSize()).isBetween(100, 200);
    assertThat(large.line()).isBetween(15, 40);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThatThrownBy(() -> draw(grey(10, 10), found(2, 1, new Box(0, 0, 5, 5))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("label 2", "2 names");
    RunLengthMask mask = RunLengthMask.ofCounts(5, 5, 25);
    assertThatThrownBy(() -> draw(grey(10, 10), new Detection(0, 1, mask.box(), mask)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("10x10", "5x5");
    assertThatThrownBy(() -> grey(0, 5)).hasMessageContaining("at least 1x1");
    assertThatThrownBy(() -> draw(null)).isInstanceOf(NullPointerException.class);
  }
}
