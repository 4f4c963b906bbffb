package dev.visionmamba.notebooks;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;

/** What a cell gives: a text that it has printed, or a picture that it has displayed. */
sealed interface Output {

  /** A text on the standard output. */
  record Text(String text) implements Output {}

  /** A PNG. */
  record Picture(byte[] png) implements Output {

    /**
     * The pixels.
     *
     * @throws IOException if the bytes are no PNG
     */
    BufferedImage image() throws IOException {
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
      if (image == null) {
        throw new IOException("no PNG, of " + png.length + " bytes");
      }
      return image;
    }
  }
}
