package dev.visionmamba.backbones;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.visionmamba.backbones.layers.Casts;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a backbone sees in a batch of images: feature maps, the finest first.
 *
 * @param levels at least one
 */
public record FeaturePyramid(List<Level> levels) {

  /**
   * One level.
   *
   * @param map (B, channels, height, width)
   * @param stride how many pixels of the image one step on the map spans
   */
  public record Level(NDArray map, int stride) {

    /**
     * Channels of the map.
     *
     * @return at least 1
     */
    public int channels() {
      return Math.toIntExact(map.getShape().get(1));
    }
  }

  /** Copies the list. */
  public FeaturePyramid {
    levels = List.copyOf(levels);
  }

  /**
   * The last level.
   *
   * @return that of the largest stride
   */
  public Level coarsest() {
    return levels.get(levels.size() - 1);
  }

  /**
   * The maps in single precision.
   *
   * @return the same maps but for those in float16, of which it has copies in float32, in the same
   *     managers
   */
  public FeaturePyramid single() {
    return new FeaturePyramid(
        levels.stream()
            .map(level -> new Level(Casts.single(level.map()), level.stride()))
            .toList());
  }

  /**
   * The maps alone.
   *
   * @return in the order of the levels
   */
  public NDList maps() {
    return new NDList(levels.stream().map(Level::map).collect(Collectors.toList()));
  }
}
