package dev.visionmamba.tasks.annotations;

import java.io.IOException;
import java.util.List;

/** An annotation or a result as it stands in the file, before the pictures are known. */
final class CocoEntry {
  Long id;
  Long imageId;
  Long categoryId;
  Double score;
  double[] box;
  Double area;
  boolean crowd;
  List<double[]> polygons;
  int[] maskSize;
  int[] counts;
  String compressedCounts;

  static CocoEntry read(CocoParser parser) throws IOException {
    CocoEntry entry = new CocoEntry();
    parser.object(
        name -> {
          switch (name) {
            case "id" -> entry.id = parser.integer();
            case "image_id" -> entry.imageId = parser.integer();
            case "category_id" -> entry.categoryId = parser.integer();
            case "score" -> entry.score = parser.number();
            case "bbox" -> entry.box = parser.numbers();
            case "area" -> entry.area = parser.number();
            case "iscrowd" -> entry.crowd = parser.flag();
            case "segmentation" -> parser.segmentation(entry);
            default -> parser.skip();
          }
        });
    return entry;
  }

  /** Its pixels, null if it tells none. */
  CocoSegmentation segmentation(CocoImage image) {
    if (polygons != null) {
      return new CocoSegmentation.Polygons(polygons);
    }
    if (counts == null && compressedCounts == null) {
      return null;
    }
    // COCO tells the height first.
    if (maskSize == null || maskSize.length != 2) {
      throw new IllegalArgumentException("its mask has no size of two numbers, height and width");
    }
    if (maskSize[0] != image.height() || maskSize[1] != image.width()) {
      throw new IllegalArgumentException(
          "its mask has %dx%d pixels (width x height), but its picture %d has %dx%d"
              .formatted(maskSize[1], maskSize[0], image.id(), image.width(), image.height()));
    }
    RunLengthMask mask =
        counts != null
            ? RunLengthMask.ofCounts(image.width(), image.height(), counts)
            : RunLengthMask.ofCompressed(image.width(), image.height(), compressedCounts);
    return new CocoSegmentation.Runs(mask);
  }

  /** Its box, or the one around its pixels. */
  Box box(CocoSegmentation segmentation, CocoImage image) {
    if (box != null && box.length > 0) {
      if (box.length != 4) {
        throw new IllegalArgumentException(
            "its bbox has " + box.length + " numbers, not 4: left, top, width and height");
      }
      return new Box(box[0], box[1], box[2], box[3]);
    }
    if (segmentation == null) {
      throw new IllegalArgumentException("it has neither a bbox nor a segmentation");
    }
    return segmentation.mask(image.width(), image.height()).box();
  }

  /** Its area, or that of its pixels, or of its box. */
  double area(CocoSegmentation segmentation, Box itsBox, CocoImage image) {
    if (area != null) {
      return area;
    }
    return segmentation == null
        ? itsBox.area()
        : segmentation.mask(image.width(), image.height()).area();
  }
}
