package dev.visionmamba.heads.restoration;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.visionmamba.heads.restoration.layers.Padding;
import dev.visionmamba.scans.autograd.GradientMode;
import java.util.ArrayList;
import java.util.List;

/**
 * An image cut into equal tiles that overlap, so that memory is that of one tile, as MambaIR's
 * tests do. The image is mirrored at the right and the bottom to a whole number of tiles. A tile is
 * widened by the overlap at each side where it has a neighbour; of what it is restored to, the
 * overlap is cut off.
 *
 * @param height of the image in pixels
 * @param width of the image in pixels
 * @param rows of tiles
 * @param columns of tiles
 */
public record TileGrid(int height, int width, int rows, int columns) {
  /** What the published results were measured with: sides up to 199 are one tile. */
  public static final int PUBLISHED_SIDE = 200;

  /** The overlap is the tile's side by this. */
  private static final int OVERLAP_DIVISOR = 10;

  /**
   * A tile; all numbers are pixels of the padded image.
   *
   * @param top first row of what it contributes
   * @param left first column of what it contributes
   * @param above rows of overlap before
   * @param below rows of overlap after
   * @param before columns of overlap on the left
   * @param after columns of overlap on the right
   */
  public record Tile(int top, int left, int above, int below, int before, int after) {}

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the image is empty, or has too few pixels to be mirrored to
   *     so many tiles
   */
  public TileGrid {
    requireSide("height", height, rows);
    requireSide("width", width, columns);
  }

  private static void requireSide(String name, int side, int tiles) {
    if (side < 1 || tiles < 1 || Padding.roundUp(side, tiles) - side >= side) {
      throw new IllegalArgumentException(
          name + " must be enough for " + tiles + " tiles, at least one, but is " + side);
    }
  }

  /**
   * The published grid: side / longest + 1 tiles along each side.
   *
   * @param height of the image in pixels
   * @param width of the image in pixels
   * @param longest a tile's side is at most this, overlap not counted; {@link #PUBLISHED_SIDE}
   * @return the grid
   * @throws IllegalArgumentException if a number is below 1
   */
  public static TileGrid of(int height, int width, int longest) {
    if (longest < 1) {
      throw new IllegalArgumentException("a tile's side must be at least 1, got " + longest);
    }
    return new TileGrid(height, width, height / longest + 1, width / longest + 1);
  }

  /**
   * Rows that a tile contributes.
   *
   * @return at least 1
   */
  public int tileHeight() {
    return (height + rows - 1) / rows;
  }

  /**
   * Columns that a tile contributes.
   *
   * @return at least 1
   */
  public int tileWidth() {
    return (width + columns - 1) / columns;
  }

  /**
   * The tiles.
   *
   * @return row by row
   */
  public List<Tile> tiles() {
    int overlapHeight = tileHeight() / OVERLAP_DIVISOR;
    int overlapWidth = tileWidth() / OVERLAP_DIVISOR;
    List<Tile> tiles = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        tiles.add(
            new Tile(
                row * tileHeight(),
                column * tileWidth(),
                row == 0 ? 0 : overlapHeight,
                row == rows - 1 ? 0 : overlapHeight,
                column == 0 ? 0 : overlapWidth,
                column == columns - 1 ? 0 : overlapWidth));
      }
    }
    return tiles;
  }

  /**
   * Restores images tile by tile. For prediction: nothing is recorded for gradients.
   *
   * @param restorer the network
   * @param store the parameter store
   * @param images (B, channels, height, width), values in 0..1
   * @return (B, channels, scale * height, scale * width), contiguous, in the images' manager
   * @throws IllegalArgumentException if the images are not of the grid's size, or a tile is too
   *     small for the network
   */
  public NDArray restore(Restorer restorer, ParameterStore store, NDArray images) {
    Shape shape = images.getShape();
    if (shape.dimension() != 4 || shape.get(2) != height || shape.get(3) != width) {
      throw new IllegalArgumentException(
          "images must be (batch, channels, " + height + ", " + width + "), but are " + shape);
    }
    int scale = restorer.scale();
    try (GradientMode off = GradientMode.off();
        NDManager temporary = images.getManager().newSubManager(images.getDevice())) {
      NDArray padded = padded(images, temporary);
      Shape whole =
          new Shape(shape.get(0), shape.get(1), (long) scale * height, (long) scale * width);
      NDArray output = images.getManager().create(whole, images.getDataType(), images.getDevice());
      for (Tile tile : tiles()) {
        try (NDManager ofTile = temporary.newSubManager()) {
          NDArray cut = cut(padded, tile);
          cut.attach(ofTile);
          paste(restorer.forward(store, cut, false), tile, scale, output);
        }
      }
      return output;
    }
  }

  private NDArray padded(NDArray images, NDManager temporary) {
    long paddedHeight = (long) rows * tileHeight();
    long paddedWidth = (long) columns * tileWidth();
    NDArray padded = Padding.reflect(images, paddedHeight, paddedWidth);
    if (padded != images) {
      padded.attach(temporary);
    }
    return padded;
  }

  private NDArray cut(NDArray images, Tile tile) {
    return images.get(
        index(
            tile.top() - tile.above(),
            tile.top() + tileHeight() + tile.below(),
            tile.left() - tile.before(),
            tile.left() + tileWidth() + tile.after()));
  }

  /** Puts what a tile contributes into the output, less what lies beyond the image. */
  private void paste(NDArray restored, Tile tile, int scale, NDArray output) {
    int bottom = Math.min(height, tile.top() + tileHeight());
    int right = Math.min(width, tile.left() + tileWidth());
    if (bottom <= tile.top() || right <= tile.left()) {
      return;
    }
    NDArray part =
        restored.get(
            index(
                scale * tile.above(),
                scale * (tile.above() + bottom - tile.top()),
                scale * tile.before(),
                scale * (tile.before() + right - tile.left())));
    output.set(index(scale * tile.top(), scale * bottom, scale * tile.left(), scale * right), part);
  }

  private static NDIndex index(int top, int bottom, int left, int right) {
    return new NDIndex(":, :, " + top + ":" + bottom + ", " + left + ":" + right);
  }
}
