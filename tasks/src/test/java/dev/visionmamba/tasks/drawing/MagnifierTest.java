package dev.visionmamba.tasks.drawing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.LabelMap;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.ImageDecoder;
import dev.visionmamba.tasks.image.PixelImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MagnifierTest {
  private static final List<String> NAMES = List.of("background", "boot");

  @TempDir private Path folder;

  private static PixelImage picture(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * 37);
    }
    return new PixelImage(width, height, rgb);
  }

  @Test
  void eachPixelBecomesASquare() {
    PixelImage small = picture(3, 2);
    Magnifier magnifier = new Magnifier(4);
    PixelImage large = magnifier.picture(small);
    LabelMap labels = magnifier.labels(new LabelMap(3, 2, new byte[] {0, 1, 2, 3, 4, 5}));
    RunLengthMask mask =
        magnifier.mask(
            RunLengthMask.of(3, 2, new boolean[] {true, false, false, false, false, true}));
    boolean[] inside = mask.pixels();
    assertThat(large.width()).isEqualTo(12);
    assertThat(large.height()).isEqualTo(8);
    for (int y = 0; y < 8; y++) {
      for (int x = 0; x < 12; x++) {
        int from = y / 4 * 3 + x / 4;
        assertThat(large.crop(x, y, 1, 1)).isEqualTo(small.crop(x / 4, y / 4, 1, 1));
        assertThat(labels.label(x, y)).isEqualTo(from);
        assertThat(inside[y * 12 + x]).isEqualTo(from == 0 || from == 5);
      }
    }
    assertThat(magnifier.box(new Box(1, 2, 3, 4.5))).isEqualTo(new Box(4, 8, 12, 18));
    assertThat(magnifier.mask(null)).isNull();
  }

  @Test
  void onlySmallPicturesAreEnlarged() {
    assertThat(Magnifier.of(picture(64, 64)).factor()).isEqualTo(7);
    assertThat(Magnifier.of(picture(128, 20)).factor()).isEqualTo(4);
    assertThat(Magnifier.of(picture(399, 20)).factor()).isEqualTo(2);
    assertThat(Magnifier.of(picture(400, 20)).factor()).isEqualTo(1);
    PixelImage large = picture(500, 2);
    assertThat(Magnifier.of(large).picture(large)).isSameAs(large);
  }

  @Test
  void writtenPicturesAreLegible() throws Exception {
    Palette palette = Palette.forClasses(NAMES);
    Path file = folder.resolve("drawn.png");
    RunLengthMask mask = RunLengthMask.ofCounts(64, 64, 0, 640, 3456);
    List<Detection> detections = List.of(new Detection(1, 0.9, new Box(0, 20, 10, 44), mask));
    DetectionPicture.write(picture(64, 64), detections, NAMES, palette, file);
    PixelImage drawn = ImageDecoder.decode(file);
    assertThat(drawn.width()).isEqualTo(448);
    assertThat(drawn.height()).isEqualTo(448); // no legend: there is room for the label
    SegmentationPicture.write(
        picture(64, 64), new LabelMap(64, 64, new byte[4096]), NAMES, palette, file);
    drawn = ImageDecoder.decode(file);
    assertThat(drawn.width()).isEqualTo(448);
    assertThat(drawn.height()).isBetween(460, 500);
  }

  @Test
  void whereLabelsFindNoRoomALegendSaysWhatTheColoursMean() throws Exception {
    List<Detection> crowd = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      crowd.add(new Detection(i % 2, 0.5, new Box(i, 10, 60, 60), null));
    }
    Path file = folder.resolve("drawn.png");
    Palette palette = Palette.of(List.of(0xff0000, 0x0000ff));
    DetectionPicture.write(picture(400, 300), crowd, NAMES, palette, file);
    PixelImage drawn = ImageDecoder.decode(file);
    assertThat(drawn.height()).isBetween(310, 360);
    List<Integer> strip = new ArrayList<>();
    for (int i = 400 * 302; i < 400 * drawn.height(); i++) {
      strip.add((drawn.rgb()[3 * i] & 0xff) << 16 | drawn.rgb()[3 * i + 2] & 0xff);
    }
    assertThat(strip).contains(0xff00ff, 0xff0000, 0x0000ff); // white, and both classes'
  }
}
