package dev.visionmamba.tasks;

import dev.visionmamba.heads.ops.Nms;
import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** Makes one list of what the tiles of a picture show, as {@link DetectionTiling} says. */
final class TileMerge {
  /** How far two tiles must agree on what they share. */
  private static final double AGREEMENT = 0.5;

  /** Objects that end so near a border, as a part of the tile's side, count as cut. */
  private static final double NEAR = 1 / 64.0;

  /** The same in pixels, if that is more. */
  private static final double NEAREST = 1;

  private final int width;
  private final int height;
  private final List<Found> whole = new ArrayList<>();
  private final List<Found> pieces = new ArrayList<>();
  private final List<Rectangle> tiles = new ArrayList<>();

  /** What a tile shows, in pixels of the picture. */
  private record Found(Detection detection, Rectangle tile) {
    Box box() {
      return detection.box();
    }

    boolean sameClassElsewhere(Found other) {
      return detection.label() == other.detection.label() && !tile.equals(other.tile);
    }
  }

  /** For a picture of this size. */
  TileMerge(int width, int height) {
    this.width = width;
    this.height = height;
  }

  /** Takes what was found in a tile, or in the picture as a whole. */
  void add(Rectangle tile, List<Detection> detections) {
    if (tile.width < width || tile.height < height) {
      tiles.add(tile);
    }
    for (Detection detection : detections) {
      (isCut(detection.box(), tile) ? pieces : whole).add(new Found(detection, tile));
    }
  }

  /** Whether an object reaches a border of its tile that is not the picture's. */
  private boolean isCut(Box box, Rectangle tile) {
    double nearX = Math.max(NEAREST, NEAR * tile.width);
    double nearY = Math.max(NEAREST, NEAR * tile.height);
    return (tile.x > 0 && box.left() < tile.x + nearX)
        || (tile.y > 0 && box.top() < tile.y + nearY)
        || (tile.x + tile.width < width && box.right() > tile.x + tile.width - nearX)
        || (tile.y + tile.height < height && box.bottom() > tile.y + tile.height - nearY);
  }

  /** All objects of the picture, the surest first. */
  List<Detection> merged(double nmsThreshold, int most) {
    List<Found> kept = suppressed(whole, nmsThreshold);
    List<Found> left =
        pieces.stream()
            .filter(piece -> kept.stream().noneMatch(object -> covers(object, piece)))
            .filter(piece -> !isSeenElsewhere(piece))
            .sorted(Comparator.comparingDouble(piece -> -piece.detection().score()))
            .toList();
    kept.addAll(united(left));
    return suppressed(kept, nmsThreshold).stream().limit(most).map(Found::detection).toList();
  }

  /** Whether most of a piece is what its tile shows of a whole object, or the other way round. */
  private static boolean covers(Found object, Found piece) {
    if (!object.sameClassElsewhere(piece)) {
      return false;
    }
    Box seen = within(object.box(), piece.tile());
    double smaller = Math.min(seen.area(), piece.box().area());
    return smaller > 0 && common(seen, piece.box()) >= AGREEMENT * smaller;
  }

  /** Whether another tile has all of a piece well inside, and so knows better. */
  private boolean isSeenElsewhere(Found piece) {
    Box box = piece.box();
    return tiles.stream()
        .anyMatch(
            tile ->
                !tile.equals(piece.tile())
                    && box.left() >= tile.x
                    && box.top() >= tile.y
                    && box.right() <= tile.x + tile.width
                    && box.bottom() <= tile.y + tile.height
                    && !isCut(box, tile));
  }

  /** Objects of pieces, each with its surest piece's score. */
  private static List<Found> united(List<Found> surestFirst) {
    int[] leader = new int[surestFirst.size()];
    for (int i = 0; i < leader.length; i++) {
      leader[i] = i;
    }
    for (int i = 0; i < leader.length; i++) {
      for (int j = 0; j < i; j++) {
        if (leader[i] != leader[j] && agree(surestFirst.get(i), surestFirst.get(j))) {
          int to = Math.min(leader[i], leader[j]);
          int from = Math.max(leader[i], leader[j]);
          for (int k = 0; k <= i; k++) {
            leader[k] = leader[k] == from ? to : leader[k];
          }
        }
      }
    }
    Found[] objects = new Found[leader.length];
    for (int i = 0; i < leader.length; i++) {
      Found piece = surestFirst.get(i);
      objects[leader[i]] = leader[i] == i ? piece : union(objects[leader[i]], piece);
    }
    return Arrays.stream(objects).filter(Objects::nonNull).toList();
  }

  private static boolean agree(Found a, Found b) {
    if (!a.sameClassElsewhere(b)) {
      return false;
    }
    Rectangle shared = a.tile().intersection(b.tile());
    if (shared.isEmpty()) {
      return false;
    }
    Box ofA = within(a.box(), shared);
    Box ofB = within(b.box(), shared);
    double common = common(ofA, ofB);
    return common > 0 && common >= AGREEMENT * (ofA.area() + ofB.area() - common);
  }

  private static Found union(Found a, Found b) {
    Box box =
        Box.ofCorners(
            Math.min(a.box().left(), b.box().left()),
            Math.min(a.box().top(), b.box().top()),
            Math.max(a.box().right(), b.box().right()),
            Math.max(a.box().bottom(), b.box().bottom()));
    RunLengthMask mask = a.detection().mask();
    if (mask != null && b.detection().mask() != null) {
      mask = RunLengthMask.union(List.of(mask, b.detection().mask()));
    }
    return new Found(
        new Detection(a.detection().label(), a.detection().score(), box, mask), a.tile());
  }

  /** What of a box is in a tile. */
  private static Box within(Box box, Rectangle tile) {
    double left = Math.max(tile.x, Math.min(box.left(), tile.x + tile.width));
    double top = Math.max(tile.y, Math.min(box.top(), tile.y + tile.height));
    return Box.ofCorners(
        left,
        top,
        Math.max(left, Math.min(box.right(), tile.x + tile.width)),
        Math.max(top, Math.min(box.bottom(), tile.y + tile.height)));
  }

  private static double common(Box a, Box b) {
    double across = Math.min(a.right(), b.right()) - Math.max(a.left(), b.left());
    double down = Math.min(a.bottom(), b.bottom()) - Math.max(a.top(), b.top());
    return across <= 0 || down <= 0 ? 0 : across * down;
  }

  /** What suppression leaves, the surest first. */
  private static List<Found> suppressed(List<Found> found, double threshold) {
    float[] boxes = new float[4 * found.size()];
    float[] scores = new float[found.size()];
    int[] labels = new int[found.size()];
    for (int i = 0; i < found.size(); i++) {
      Detection detection = found.get(i).detection();
      boxes[4 * i] = (float) detection.box().left();
      boxes[4 * i + 1] = (float) detection.box().top();
      boxes[4 * i + 2] = (float) detection.box().right();
      boxes[4 * i + 3] = (float) detection.box().bottom();
      scores[i] = (float) detection.score();
      labels[i] = detection.label();
    }
    List<Found> kept = new ArrayList<>();
    for (int i : Nms.byClass(boxes, scores, labels, (float) threshold)) {
      kept.add(found.get(i));
    }
    return kept;
  }
}
