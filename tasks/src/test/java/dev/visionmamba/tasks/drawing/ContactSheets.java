package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Instance;
import dev.visionmamba.tasks.image.Interpolation;
import dev.visionmamba.tasks.image.PixelImage;
import dev.visionmamba.tasks.image.Resampler;
import dev.visionmamba.tasks.training.FashionMnist;
import dev.visionmamba.tasks.training.FashionScenes;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes sheets of scenes to be looked at: {@code ContactSheets FASHION_MNIST_FOLDER OUT_FOLDER}.
 */
public final class ContactSheets {
  private static final int COLUMNS = 6;
  private static final int ROWS = 5;
  private static final int GAP = 6;
  private static final int ZOOM = 2;

  private ContactSheets() {}

  /** Writes scenes.png, boxes.png and masks.png. */
  public static void main(String[] arguments) throws Exception {
    FashionScenes scenes = FashionScenes.test(Path.of(arguments[0]));
    Path folder = Path.of(arguments[1]);
    Palette palette = Palette.distinct(FashionMnist.CLASS_NAMES.size());
    Palette withGround =
        Palette.of(
            IntStream.range(-1, palette.size())
                .mapToObj(i -> i < 0 ? 0x303030 : palette.colour(i).getRGB() & 0xffffff)
                .toList());
    List<BufferedImage> plain = new ArrayList<>();
    List<BufferedImage> boxes = new ArrayList<>();
    List<BufferedImage> masks = new ArrayList<>();
    for (int i = 0; i < COLUMNS * ROWS; i++) {
      FashionScenes.Scene scene = scenes.scene(i);
      PixelImage large =
          Resampler.resize(
              scene.picture(),
              ZOOM * FashionScenes.SIZE,
              ZOOM * FashionScenes.SIZE,
              Interpolation.BILINEAR);
      plain.add(large.toBufferedImage());
      List<Instance> garments =
          scene.garments().stream()
              .map(
                  garment ->
                      new Instance(
                          garment.label(),
                          new Box(
                              ZOOM * garment.box().left(),
                              ZOOM * garment.box().top(),
                              ZOOM * garment.box().width(),
                              ZOOM * garment.box().height()),
                          null,
                          garment.area(),
                          false))
              .toList();
      boxes.add(DetectionPicture.drawTruth(large, garments, FashionMnist.CLASS_NAMES, palette));
      masks.add(
          SegmentationPicture.draw(
              scene.picture(), scene.labels(), scenes.pixelClassNames(), withGround, 0.55));
    }
    PngWriter.write(sheet(plain), folder.resolve("scenes.png"));
    PngWriter.write(sheet(boxes), folder.resolve("boxes.png"));
    PngWriter.write(sheet(masks), folder.resolve("masks.png"));
  }

  private static BufferedImage sheet(List<BufferedImage> pictures) {
    int width = pictures.stream().mapToInt(BufferedImage::getWidth).max().getAsInt() + GAP;
    int height = pictures.stream().mapToInt(BufferedImage::getHeight).max().getAsInt() + GAP;
    BufferedImage sheet =
        new BufferedImage(COLUMNS * width, ROWS * height, BufferedImage.TYPE_3BYTE_BGR);
    Graphics2D g = sheet.createGraphics();
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    for (int i = 0; i < pictures.size(); i++) {
      g.drawImage(pictures.get(i), i % COLUMNS * width, i / COLUMNS * height, null);
    }
    g.dispose();
    return sheet;
  }
}
