package dev.visionmamba.tasks;

import dev.visionmamba.tasks.image.PixelImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Small folders of pictures for tests: three classes of coloured shapes. */
public final class Shapes {
  /** The classes' names, sorted. */
  public static final List<String> CLASSES = List.of("disc", "rows", "upright");

  private Shapes() {}

  /** Writes so many pictures of each class, of different sizes and colours. */
  public static Path write(Path folder, int count, long seed) throws IOException {
    Random random = new Random(seed);
    for (int label = 0; label < CLASSES.size(); label++) {
      Path own = Files.createDirectories(folder.resolve(CLASSES.get(label)));
      for (int i = 0; i < count; i++) {
        ImageIO.write(
            picture(label, random).toBufferedImage(),
            "png",
            own.resolve(String.format("%03d.png", i)).toFile());
      }
    }
    return folder;
  }

  /** A disc, horizontal stripes or vertical stripes. */
  public static PixelImage picture(int label, Random random) {
    int width = 30 + random.nextInt(20);
    int height = 30 + random.nextInt(20);
    int[] dark = colour(random, 0);
    int[] light = colour(random, 155);
    double period = 5 + 3 * random.nextDouble();
    double phase = random.nextDouble() * period;
    double radius = 0.25 * Math.min(width, height) * (1 + random.nextDouble());
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        boolean lit =
            switch (label) {
              case 0 -> Math.hypot(x - width / 2.0, y - height / 2.0) < radius;
              case 1 -> (y + phase) % period < period / 2;
              default -> (x + phase) % period < period / 2;
            };
        for (int c = 0; c < 3; c++) {
          rgb[3 * (y * width + x) + c] = (byte) (lit ? light[c] : dark[c]);
        }
      }
    }
    return new PixelImage(width, height, rgb);
  }

  private static int[] colour(Random random, int least) {
    return new int[] {
      least + random.nextInt(100), least + random.nextInt(100), least + random.nextInt(100)
    };
  }
}
