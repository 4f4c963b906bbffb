package dev.visionmamba.tasks.drawing;

import dev.visionmamba.tasks.annotations.Box;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.List;

/** Finds places for labels at their boxes: inside the picture and free. */
final class LabelPlaces {
  /** So many labels are placed whatever they cover. */
  private static final int ALWAYS = 3;

  /** Of the picture. */
  private static final double MOST_COVERED = 1 / 3.0;

  private final int width;
  private final int height;
  private final PictureScale scale;
  private final List<Rectangle> taken = new ArrayList<>();
  private double covered;

  LabelPlaces(int width, int height, PictureScale scale) {
    this.width = width;
    this.height = height;
    this.scale = scale;
  }

  /**
   * A place for a text: above its box, inside of it at the top, below, or inside at the bottom, at
   * its left or its right end; the first of them that covers no other label.
   *
   * @return where its ground is; null if all would, labels cover a third of the picture already,
   *     the box is not in the picture, or no letter fits
   */
  Rectangle place(Box box, String text) {
    int high = scale.labelHeight();
    boolean crowded = taken.size() >= ALWAYS && covered > MOST_COVERED * width * height;
    if (text.isEmpty()
        || crowded
        || high > height
        || box.right() < 0
        || box.bottom() < 0
        || box.left() > width
        || box.top() > height) {
      return null;
    }
    Box seen = box.clipped(width, height);
    int wide = Letters.width(scale.font(), text) + 2 * scale.padding();
    int top = (int) Math.floor(seen.top());
    int bottom = (int) Math.ceil(seen.bottom());
    int[] lefts = {(int) Math.floor(seen.left()), (int) Math.ceil(seen.right()) - wide};
    for (int left : lefts) {
      int x = Math.max(0, Math.min(left, width - wide));
      for (int y : new int[] {top - high, top, bottom, bottom - high}) {
        Rectangle place = new Rectangle(x, y, wide, high);
        if (y >= 0 && y + high <= height && taken.stream().noneMatch(place::intersects)) {
          taken.add(place);
          covered += (double) wide * high;
          return place;
        }
      }
    }
    return null;
  }
}
