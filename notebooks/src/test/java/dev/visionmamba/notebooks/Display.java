package dev.visionmamba.notebooks;

import java.awt.image.RenderedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The function {@code display} of Jupyter's Java kernels. A picture goes to the standard output as
 * a PNG between two control characters, so that it keeps its place among the texts; {@link
 * #outputs} takes both apart.
 */
public final class Display {
  private static final char START = '\u0002';
  private static final char END = '\u0003';

  private Display() {}

  /**
   * Shows a picture, or the text of anything else.
   *
   * @param object what is shown
   */
  public static void display(Object object) {
    if (!(object instanceof RenderedImage image)) {
      System.out.println(object);
      return;
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, "png", png)) {
        throw new IOException("the picture cannot be written as a PNG: " + image);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.print(START + Base64.getEncoder().encodeToString(png.toByteArray()) + END);
  }

  /** Texts and pictures in their order. */
  static List<Output> outputs(String printed) {
    List<Output> outputs = new ArrayList<>();
    int at = 0;
    while (at < printed.length()) {
      int start = printed.indexOf(START, at);
      int textEnd = start < 0 ? printed.length() : start;
      if (textEnd > at) {
        outputs.add(new Output.Text(printed.substring(at, textEnd)));
      }
      at = textEnd;
      if (start >= 0) {
        int end = printed.indexOf(END, start);
        byte[] png = Base64.getDecoder().decode(printed.substring(start + 1, end));
        outputs.add(new Output.Picture(png));
        at = end + 1;
      }
    }
    return outputs;
  }
}
