package dev.visionmamba.tasks.drawing;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Reduces a drawing to 256 colours, so that its file takes less than half: those that cover most of
 * it as they are, and for the many shades at the edges of lines and letters the means of boxes that
 * are halved at their median (Heckbert 1982).
 */
final class IndexedColours {
  private static final int COLOURS = 256;

  /** So many are kept as they are. */
  private static final int EXACT = 160;

  /** More often than any colour is. */
  private static final int KEPT = Integer.MAX_VALUE;

  private IndexedColours() {}

  /**
   * The same drawing, a byte a pixel.
   *
   * @param image an opaque drawing
   * @param kept colours that stay exactly as they are, at most 160
   * @return of the same size
   */
  static BufferedImage reduce(BufferedImage image, List<Color> kept) {
    int width = image.getWidth();
    int height = image.getHeight();
    int[] pixels = image.getRGB(0, 0, width, height, null, 0, width);
    int[] palette = palette(pixels, kept);
    IndexColorModel model =
        new IndexColorModel(8, palette.length, palette, 0, false, -1, DataBuffer.TYPE_BYTE);
    BufferedImage reduced =
        new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, model);
    byte[] indices = ((DataBufferByte) reduced.getRaster().getDataBuffer()).getData();
    Map<Integer, Byte> known = new HashMap<>();
    for (int i = 0; i < pixels.length; i++) {
      indices[i] = known.computeIfAbsent(pixels[i], colour -> (byte) nearest(colour, palette));
    }
    return reduced;
  }

  private static int[] palette(int[] pixels, List<Color> kept) {
    Map<Integer, Integer> counts = new HashMap<>();
    for (int colour : pixels) {
      counts.merge(colour, 1, Integer::sum);
    }
    List<Integer> colours = new ArrayList<>(counts.keySet());
    kept.forEach(colour -> counts.computeIfPresent(colour.getRGB(), (rgb, n) -> KEPT));
    colours.sort(
        Comparator.comparing((Integer colour) -> -counts.get(colour))
            .thenComparing(Comparator.naturalOrder()));
    if (colours.size() <= COLOURS) {
      return colours.stream().mapToInt(Integer::intValue).toArray();
    }
    List<Integer> palette = new ArrayList<>(colours.subList(0, EXACT));
    PriorityQueue<Box> boxes = new PriorityQueue<>(Comparator.comparing(box -> -box.weight()));
    boxes.add(new Box(colours.subList(EXACT, colours.size())));
    // The heaviest box has two colours at least: there are more colours than boxes.
    while (boxes.size() < COLOURS - EXACT) {
      boxes.addAll(boxes.poll().halves());
    }
    boxes.forEach(box -> palette.add(box.mean()));
    return palette.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int nearest(int colour, int[] palette) {
    int best = 0;
    int least = Integer.MAX_VALUE;
    for (int i = 0; i < palette.length; i++) {
      int distance = 0;
      for (int shift = 0; shift < 24; shift += 8) {
        int difference = channel(colour, shift) - channel(palette[i], shift);
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  private static int channel(int colour, int shift) {
    return colour >> shift & 0xff;
  }

  /** Some of the colours. */
  private record Box(List<Integer> colours) {

    /** Wide boxes and full ones are halved first. */
    double weight() {
      return range(widest()) * Math.sqrt(colours.size());
    }

    List<Box> halves() {
      int shift = widest();
      List<Integer> sorted = new ArrayList<>(colours);
      sorted.sort(Comparator.comparing(colour -> channel(colour, shift)));
      int half = sorted.size() / 2;
      return List.of(
          new Box(sorted.subList(0, half)), new Box(sorted.subList(half, sorted.size())));
    }

    int mean() {
      int mean = 0xff000000;
      for (int shift = 0; shift < 24; shift += 8) {
        int channel = shift;
        double sum = colours.stream().mapToInt(colour -> channel(colour, channel)).sum();
        mean |= (int) Math.round(sum / colours.size()) << shift;
      }
      return mean;
    }

    private int widest() {
      int widest = 0;
      for (int shift = 8; shift < 24; shift += 8) {
        if (range(shift) > range(widest)) {
          widest = shift;
        }
      }
      return widest;
    }

    private int range(int shift) {
      int least = 255;
      int greatest = 0;
      for (int colour : colours) {
        least = Math.min(least, channel(colour, shift));
        greatest = Math.max(greatest, channel(colour, shift));
      }
      return greatest - least;
    }
  }
}
