package dev.visionmamba.tasks;

import dev.visionmamba.tasks.annotations.Box;
import dev.visionmamba.tasks.annotations.Detection;
import dev.visionmamba.tasks.annotations.RunLengthMask;
import dev.visionmamba.tasks.image.PixelImage;
import java.awt.Rectangle;
import java.util.List;
import java.util.function.Function;

/**
 * Finds objects tile by tile.
 *
 * @param options how the picture is cut, and what is kept
 * @param detector finds the objects in each of some pictures as a whole
 */
record TiledDetection(
    DetectorOptions options, Function<List<PixelImage>, List<List<Detection>>> detector) {

  /** The objects of a picture, the surest first; only some of its tiles are in memory at once. */
  List<Detection> detect(PixelImage picture) {
    DetectionTiling tiling = options.tiling();
    List<Rectangle> tiles = tiling.tiles(picture.width(), picture.height());
    if (tiles.size() == 1) {
      return detector.apply(List.of(picture)).get(0);
    }
    TileMerge merge = new TileMerge(picture.width(), picture.height());
    if (tiling.whole()) {
      merge.add(
          new Rectangle(picture.width(), picture.height()),
          detector.apply(List.of(picture)).get(0));
    }
    for (int first = 0; first < tiles.size(); first += options.batchSize()) {
      List<Rectangle> some =
          tiles.subList(first, Math.min(tiles.size(), first + options.batchSize()));
      List<List<Detection>> found =
          detector.apply(
              some.stream()
                  .map(tile -> picture.crop(tile.x, tile.y, tile.width, tile.height))
                  .toList());
      for (int i = 0; i < some.size(); i++) {
        Rectangle tile = some.get(i);
        merge.add(
            tile, found.get(i).stream().map(detection -> moved(detection, tile, picture)).toList());
      }
    }
    return merge.merged(options.nmsThreshold(), options.mostObjects());
  }

  /** A tile's object in the picture. */
  private static Detection moved(Detection detection, Rectangle tile, PixelImage picture) {
    Box box = detection.box();
    RunLengthMask mask = detection.mask();
    return new Detection(
        detection.label(),
        detection.score(),
        new Box(box.left() + tile.x, box.top() + tile.y, box.width(), box.height()),
        mask == null ? null : mask.placed(picture.width(), picture.height(), tile.x, tile.y));
  }
}
